"""The site's ledger: a chain for each assignment, in step with its rows; it moves to a folder and back."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from command import autograder
from examples import examples
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ledger_site import NAME, LedgerSite
from sqlalchemy import text
from tiny_course import ASSIGNMENT, write_tiny_course

from autograder.course.course import find_course
from autograder.errors import UsageError
from autograder.results.final_scores import GradedAssignment
from autograder.results.ledger import Graded, RegradeSkipped, ScoreOverridden, read_ledger
from autograder.results.results_folder import Results
from autograder.site.file_store import FileStore

PEOPLE = ("ann", "bob")
steps = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), st.sampled_from(PEOPLE), st.integers(0, 2)),
        st.tuples(st.just("grade"), st.integers(0, 6)),
        st.tuples(st.just("regrade"), st.integers(0, 9)),
        st.tuples(st.just("mark"), st.integers(0, 9), st.none() | st.integers(0, 6)),
        st.tuples(st.just("export")),
        st.tuples(st.just("import")),
        st.tuples(st.just("move")),
    ),
    min_size=3,
    max_size=14,
)


@pytest.fixture
def site(address: str, tmp_path: Path) -> Iterator[LedgerSite]:
    """An empty site on each database."""
    course = write_tiny_course(tmp_path / "course")
    site = LedgerSite(course, address, FileStore(tmp_path / "files"))
    yield site
    site.database.close()


def filled(site: LedgerSite) -> str:
    """A graded submission, one regraded, and points by hand; the id of the last."""
    site.submit("ann", b"first")
    name = site.submit("bob", b"second")
    site.grade(4)
    site.grade(3)
    site.regrade(name)
    site.grade(5)
    site.mark(name, 5.5)
    return name


def scores_in(results: Results, course_folder: Path) -> dict[str, float]:
    """Everybody's score in a results directory."""
    graded = GradedAssignment.read(results, find_course(course_folder))
    return {student: score.earned for student, score in graded.final_scores.items()}


def test_every_grading_and_mark_is_a_line(site: LedgerSite) -> None:
    """Gradings, regrades and people's marks follow one another; students have no names in it."""
    filled(site)
    kinds = [line.kind for line in site.lines()]
    assert kinds == ["opened", "graded", "graded", "graded", "changed"]
    written = b"".join(line.model_dump_json().encode() for line in site.lines())
    assert not [name for name in (*PEOPLE, "ina") if f'"{name}'.encode() in written]
    assert site.faults() == []


def test_a_group_has_a_line_each(site: LedgerSite) -> None:
    """What partners submit together is recorded for each of them, in order."""
    name = site.submit("ann", b"ours", "bob")
    site.grade(4)
    site.mark(name, 2)
    graded = [line for line in site.lines() if isinstance(line, Graded)]
    assert len({line.student for line in graded}) == len(graded) == 2
    assert len([line for line in site.lines() if isinstance(line, ScoreOverridden)]) == 2
    assert site.faults() == []


def test_an_older_grading_that_ends_later(site: LedgerSite) -> None:
    """It replaces nothing: rows and ledger agree that the newer one counts."""
    name = site.submit("ann", b"first")
    site.regrade(name)
    with site.database.transaction() as connection:  # the first one waits for a grader that is slow
        connection.execute(text("UPDATE grading SET state = 'failed' WHERE reason = 'submitted'"))
    site.grade(5)
    with site.database.transaction() as connection:
        connection.execute(text("UPDATE grading SET state = 'waiting' WHERE state = 'failed'"))
    site.grade(1)
    assert isinstance(site.lines()[-1], RegradeSkipped)
    assert site.scores() == {"ann": 5}
    assert site.faults() == []


CHANGES = [
    "UPDATE grading SET earned = '6' WHERE earned = '4'",
    "UPDATE grading SET possible = '4' WHERE earned = '5'",
    "UPDATE grading SET report = '" + "0" * 64 + "' WHERE earned = '5'",
    "UPDATE grading SET line = NULL WHERE earned = '4'",
    "UPDATE submission SET received_at = received_at - 1000",
    "UPDATE submission SET number = number + 1",
    "UPDATE submission SET digest = '" + "0" * 64 + "'",
    "UPDATE submission_owner SET person = 'bob' WHERE person = 'ann'",
    "UPDATE mark SET points = '6'",
    "UPDATE mark SET reason = 'another one'",
    "UPDATE mark SET who = 'ann'",
    "DELETE FROM mark",
    "DELETE FROM grading WHERE earned = '3'",
    "INSERT INTO mark (kind, work, part, points, source, who, at, reason, key_version, grader_version, "
    "answer_rev, pending, detail) SELECT kind, work, part, '6', source, who, at, reason, key_version, "
    "grader_version, answer_rev, pending, detail FROM mark",
    "UPDATE ledger_head SET lines = lines - 1",
    "DELETE FROM ledger_line WHERE number = 3",
    "DELETE FROM ledger_line WHERE number = (SELECT max(number) FROM ledger_line)",
    "UPDATE pseudonym SET person = 'ina', current = FALSE WHERE person = 'ann'",
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_row_does_not_verify(tmp_path: Path, change: str) -> None:
    """Whatever a person changes in the database by hand is found."""
    site = LedgerSite(
        write_tiny_course(tmp_path / "course"), tmp_path / "quiz.db", FileStore(tmp_path / "files")
    )
    filled(site)
    assert site.faults() == []
    with site.database.transaction() as connection:
        assert connection.execute(text(change)).rowcount
    assert site.faults()
    site.database.close()


def test_a_missing_file_does_not_verify(site: LedgerSite, tmp_path: Path) -> None:
    """A report or a submission that is gone or damaged is named."""
    filled(site)
    for path in (tmp_path / "files").rglob("*.gz"):
        kept = path.read_bytes()
        path.write_bytes(kept[:-1])
        assert bool(site.faults()) == (path.stat().st_size > 0 and _is_of_a_submission(site, path))
        path.write_bytes(kept)
    assert site.faults() == []


def _is_of_a_submission(site: LedgerSite, path: Path) -> bool:
    digest = path.parent.name + path.stem
    lines = [line for line in site.lines() if isinstance(line, Graded)]
    return digest in {name for line in lines for name in (line.submission, line.report_digest)}


def test_a_kept_head_is_still_there(site: LedgerSite, tmp_path: Path) -> None:
    """A digest that somebody wrote down is found in site and directory, and one of another ledger is not."""
    filled(site)
    results = Results(tmp_path / "graded")
    head = site.export(results)
    assert site.faults(head) == []
    site.mark(site.submit("ann", b"more"), 3)
    assert site.faults(head) == []
    assert site.faults("f" * 64)


def test_out_and_back(site: LedgerSite, tmp_path: Path) -> None:
    """An export has the site's scores and verifies; another site takes it over, byte for byte."""
    filled(site)
    first, second = Results(tmp_path / "first"), Results(tmp_path / "second")
    head = site.export(first)
    assert site.folder_faults(first) == []
    assert scores_in(first, site.course.root) == site.scores() == {"ann": 4, "bob": 5.5}
    other = LedgerSite(site.course, tmp_path / "other.db", FileStore(tmp_path / "other"))
    done = other.import_(first)
    assert (done.head, done.submissions, done.unknown) == (head, 2, ())
    assert other.faults() == []
    assert other.scores() == site.scores()
    assert other.export(second) == head
    assert second.ledger.read_bytes() == first.ledger.read_bytes()
    assert other.import_(second).lines == 0
    other.database.close()


def test_two_records_are_not_mixed(site: LedgerSite, tmp_path: Path) -> None:
    """Ledgers that differ after a common beginning are left alone, both of them."""
    filled(site)
    results = Results(tmp_path / "graded")
    site.export(results)
    other = LedgerSite(site.course, tmp_path / "other.db", FileStore(tmp_path / "other"))
    other.import_(results)
    other.mark(other.submit("ann", b"there"), 1)
    other.export(results)
    before = results.ledger.read_bytes()
    site.mark(site.submit("ann", b"here"), 2)
    for act in (site.export, site.import_):
        with pytest.raises(UsageError, match="differ from line 6"):
            act(results)
    assert results.ledger.read_bytes() == before
    assert site.faults() == []
    other.database.close()


def test_two_servers_append_to_one_chain(site: LedgerSite) -> None:
    """Whoever appends waits for the other's transaction: no line is lost and none follows the wrong one."""
    names = [site.submit(person, bytes([number])) for person in PEOPLE for number in range(4)]
    while site.grade(3):
        pass

    def give(name: str) -> None:
        for points in range(5):
            site.mark(name, points)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(give, names))
    assert len(site.lines()) == 1 + len(names) + 5 * len(names)
    assert site.faults() == []


@pytest.mark.full
def test_a_backup_takes_the_files_along(
    site: LedgerSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a ledger names comes back with the database; a backup whose files are damaged is refused."""
    if site.database.dialect != "sqlite":
        pytest.skip("PostgreSQL has its own backups")
    monkeypatch.setenv("AUTOGRADER_FILES", str(tmp_path / "files"))
    filled(site)
    folder = site.course.root / ".quizzes"
    folder.mkdir()
    site.database.close()
    shutil.copyfile(tmp_path / "quiz.db", folder / "quiz.db")
    kept = tmp_path / "kept"
    kept.mkdir()
    assert "7 files are new" in command(site, "backup", kept / "monday.db")
    assert "0 files are new" in command(site, "backup", kept / "tuesday.db")
    shutil.rmtree(tmp_path / "files")
    assert "ledgers verify" in command(site, "restore", kept / "monday.db", "--check")
    assert "7 files came back" in command(site, "restore", kept / "monday.db")
    assert "5 lines, nothing changed" in command(site, "verify")
    for path in (kept / "files").rglob("*.gz"):
        path.write_bytes(b"damaged")
    assert "damaged" in command(site, "restore", kept / "monday.db", "--check", exit_code=2)


def command(site: LedgerSite, *words: object, exit_code: int = 0) -> str:
    """What an `autograder` command prints in the course."""
    done = autograder(*words, folder=site.course.root)
    assert done.returncode == exit_code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a course and the empty database of its site."""
    folder = tmp_path_factory.mktemp("template")
    site = LedgerSite(write_tiny_course(folder / "course"), folder / "quiz.db", FileStore(folder / "files"))
    site.database.close()
    return folder


def without(scores: dict[str, float | None], people: set[str]) -> dict[str, float | None]:
    """The scores of everybody else."""
    return {person: score for person, score in scores.items() if person not in people}


@settings(max_examples=examples(20))
@example([("submit", "ann", 0), ("submit", "ann", 1), ("grade", 1), ("mark", 0, 0), ("move",)])
@example(
    [
        ("submit", "ann", 0),
        ("submit", "bob", 0),
        ("grade", 1),
        ("mark", 0, 3),
        ("mark", 1, 3),
        ("move",),
        ("submit", "ann", 1),
        ("submit", "bob", 1),
        ("grade", 5),
        ("grade", 5),
        ("move",),
    ]
)
@given(steps)
def test_any_order_of_work_verifies(template: Path, work: list[tuple[object, ...]]) -> None:
    """After any submissions, gradings, regrades, marks, exports and imports all records agree."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        course = find_course(template / "course")
        shutil.copyfile(template / "quiz.db", folder / "quiz.db")
        shutil.copytree(template / "files", folder / "files")
        site = LedgerSite(course, folder / "quiz.db", FileStore(folder / "files"))
        results, names, moves = Results(folder / "graded"), list[str](), 0
        ungraded: set[str] = set()
        for act, *values in work:
            if act == "submit":
                person, number = values
                names.append(site.submit(str(person), f"notebook {number}".encode()))
            elif act == "grade":
                site.grade(float(str(values[0])))
            elif act == "regrade" and names:
                site.regrade(names[int(str(values[0])) % len(names)])
            elif act == "mark" and names:
                points = values[1]
                chosen = names[int(str(values[0])) % len(names)]
                site.mark(chosen, None if points is None else float(str(points)))
                if not site.is_graded(chosen):  # what was never graded does not move, nor do its points
                    ungraded.update(site.owners(chosen))
            elif act == "export" and len(site.lines()) > 0:
                site.export(results)
            elif act == "import" and results.ledger.exists():
                assert site.import_(results).lines == 0
            elif act == "move" and any(isinstance(line, Graded) for line in site.lines()):
                head, now, scores = site.export(results), site.now, site.scores()
                site.database.close()
                moves, names = moves + 1, []
                shutil.copyfile(template / "quiz.db", folder / f"quiz-{moves}.db")
                site = LedgerSite(course, folder / f"quiz-{moves}.db", FileStore(folder / f"files-{moves}"))
                site.now = now
                assert site.import_(results).head == head
                assert without(site.scores(), ungraded) == without(scores, ungraded)
        assert site.faults() == []
        if any(isinstance(line, Graded) for line in site.lines()):
            site.export(results)
            assert site.folder_faults(results) == []
            lines, _ = read_ledger(results.ledger)
            assert len(lines) == len(site.lines())
        site.database.close()


def test_the_names_are_of_one_course(site: LedgerSite) -> None:
    """The ledger says which assignment it is of."""
    filled(site)
    assert str(NAME) == ASSIGNMENT
    assert site.lines()[0].model_dump()["assignment"] == ASSIGNMENT
