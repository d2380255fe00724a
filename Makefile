# make demo   grade a sample class of every assignment and say where the pages are
# make test   run every test but the long ones
# make test-full  the long ones: load, crashes, mutants, many seeds
# make coverage  all of them, and what they reach
# make lint   ruff and mypy
# make docs   the documentation site, in .docs/site
# make screenshots  the pictures of the pages
# make sbom   a software bill of materials, sbom.cdx.json
# make audit  asks the advisory databases about every library
# make bench  speed and memory, as ratios
# make fuzz   many thousands of odd frames, notebooks and archives; FUZZ says how many for each test;
#             and right answers against every check of the course, at as many seeds as SEEDS says, all
#             odd results of every function, and all mutants of the right answers
# Each sets up what it needs first; a second run skips what is done.

PYTHON ?= python3
READY := .venv/ready
BIN := .venv/bin
ASSIGNMENTS := $(notdir $(patsubst %/,%,$(dir $(wildcard assignments/*/assignment.yaml))))
SOURCES := $(shell find autograder assignments solutions -name '*.py' -o -name '*.yaml' -o -name '*.ipynb' -o -name '*.html' -o -name '*.css')
STUDENTS := 24

# Two test processes on two cores: a second thread of linear algebra in each only spins.
export OPENBLAS_NUM_THREADS := 1

# Python keeps compiled code, as it does for users, whatever is set where this runs: a process that has to
# compile the several hundred modules takes seconds longer to start.
unexport PYTHONDONTWRITEBYTECODE

# A test process that dies ends the run, which then names its test: a replaced one may wait for a last test
# that nobody sends (--dist loadgroup sends the next unit of work when a test has ended).
PYTEST := $(BIN)/python -m pytest -q -n auto --dist loadgroup --max-worker-restart=0
# Nor does the quick suite wait for a test that never ends.
QUICK := -m "not full" -o faulthandler_timeout=600 -o faulthandler_exit_on_timeout=true

.PHONY: demo test test-full coverage lint docs bench fuzz screenshots sbom audit system clean
.DELETE_ON_ERROR:

demo: $(ASSIGNMENTS:%=.demo/%/graded/index.html)
	@echo
	@for page in $^; do echo "Open $$page"; done

.demo/%/graded/index.html: $(READY) $(SOURCES)
	@rm -rf .demo/$*
	@$(BIN)/autograder demo-class $* --students $(STUDENTS) --out .demo/$*/class
	@$(BIN)/autograder grade $* .demo/$*/class --out .demo/$*/graded --seed 15

test: $(READY) system
	$(PYTEST) $(QUICK) $(PYTEST_ARGS)

test-full: $(READY) system
	$(PYTEST) -m full $(PYTEST_ARGS)

coverage: $(READY) system
	$(PYTEST) --cov --cov-report=term-missing:skip-covered

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python tests/bench/startup.py
	$(BIN)/python tests/bench/submission.py
	$(BIN)/python tests/bench/gradient.py
	$(BIN)/python tests/bench/mnist_loop.py
	$(BIN)/python tests/bench/peers.py
	$(BIN)/python tests/bench/whole_class.py
	$(BIN)/python tests/bench/gradebook.py
	$(BIN)/python tests/bench/quiz_store.py
	$(BIN)/python tests/bench/quiz_bounds.py
	$(BIN)/quizzes loadtest --students 2000

docs: $(READY)
	$(BIN)/python .docs/build.py

screenshots: $(READY) system
	$(BIN)/python tests/support/screenshots.py .

sbom: $(READY)
	@$(BIN)/python .ci/sbom sbom.cdx.json

AUDIT := .venv/audit/bin/pip-audit
audit: $(AUDIT)
	@PIP_AUDIT=$(AUDIT) .ci/audit

# In a place of its own: what it needs has no say in the versions that the tests run with.
$(AUDIT): $(READY)
	@$(PYTHON) -m venv .venv/audit
	@.venv/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit

FUZZ ?= 20000
SEEDS ?= 2000
fuzz: $(READY)
	FUZZ=$(SEEDS) $(PYTEST) tests/content/test_checks_are_fair.py tests/content/test_odd_values.py
	FUZZ=1 $(PYTEST) tests/attacks/test_known_by_heart.py \
	  tests/content/test_convergence_is_fair.py
	$(BIN)/autograder lint --mutants
	FUZZ=$(FUZZ) $(PYTEST) -k "any or damage or hostile" \
	  tests/autograder/sandbox/test_frames_hostile.py tests/autograder/submissions/test_notebook_anything.py tests/autograder/submissions/test_archives.py

system:
	@.ci/system-packages

# The stamp is newer than what it was made from; pip itself skips what is installed.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=python3.x")'
	@echo "Setting up .venv (a few minutes, once)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

clean:
	rm -rf .venv .demo
