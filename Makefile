.PHONY: test system
PY := .venv/bin/python

.venv/ready: pyproject.toml constraints.txt
	python3 -m venv .venv
	.venv/bin/pip install --quiet --constraint constraints.txt --editable '.[dev,cluster,postgres]'
	touch $@

# The browser that the page tests drive; installed only where we may and where it is missing.
system:
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	  apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } || true

test: .venv/ready system
	$(PY) -m pytest -q tests
