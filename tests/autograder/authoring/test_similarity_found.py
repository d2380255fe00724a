"""Copies are found whatever was done to their looks, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from disguises import ASSIGNMENT, DISGUISES, OWN_TOO, OWN_WORK, functions

from autograder.authoring.demo_class import make_class
from autograder.authoring.similarity.baseline import Baseline, baseline_of
from autograder.authoring.similarity.pairs import Similarities, Work, compare, work_of
from autograder.authoring.solved_notebook import code_cell, code_cells, filled_in, handout, to_bytes
from autograder.course.assignment import Assignment, load_assignment
from autograder.course.course import find_course
from autograder.lms.layouts import collect_submissions
from autograder.submissions.submission import read_submission

COURSE = find_course(Path(__file__).parent)


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    """The assignment that the copies are of."""
    return load_assignment(COURSE, ASSIGNMENT)


@pytest.fixture(scope="module")
def baseline(assignment: Assignment) -> Baseline:
    """Its common ground."""
    return baseline_of(assignment)


def submitted(assignment: Assignment, cells: list[str]) -> bytes:
    """A notebook with these cells in place of the stubs'."""
    notebook = handout(assignment)
    notebook["cells"] = [
        cell for cell in notebook["cells"] if "raise NotImplementedError" not in cell["source"]
    ]
    notebook["cells"] += [code_cell(notebook, source, f"own-{i}") for i, source in enumerate(cells)]
    return to_bytes(notebook)


def compared(folder: Path, baseline: Baseline) -> Similarities:
    """A folder of notebooks, compared as the command does it."""
    read = [read_submission(entry.student, entry.path) for entry in collect_submissions(folder, ASSIGNMENT)]
    return compare(
        [
            work_of(submission.student, submission.file, [cell.source for cell in submission.cells], baseline)
            for submission in read
        ]
    )


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("own_work", [OWN_WORK, OWN_TOO])
def test_a_copy_is_found(disguise: str, own_work: str, baseline: Baseline) -> None:
    """Renaming, another order, comments, white space and statements that do nothing hide no copy."""
    cells = functions(own_work)
    copy = DISGUISES[disguise](cells)
    assert disguise == "as it is" or copy != cells
    similarities = compare([work_of("ann", "a", cells, baseline), work_of("ben", "b", copy, baseline)])
    assert [pair.students for pair in similarities.pairs] == [("ann", "ben")]


def test_two_own_solutions_are_not_alike(baseline: Baseline) -> None:
    """Two people who each went their own way are no pair."""
    similarities = compare(
        [
            work_of("ann", "a", functions(OWN_WORK), baseline),
            work_of("ben", "b", functions(OWN_TOO), baseline),
        ]
    )
    assert min(len(work.own_fingerprints) for work in similarities.works) > 50
    assert not similarities.pairs


def test_one_function_is_found(baseline: Baseline) -> None:
    """A single function of some size that was taken over shows, however much else is one's own."""
    theirs, ours = functions(OWN_WORK), functions(OWN_TOO)
    mixed = [*ours[:-1], *DISGUISES["renamed"](theirs[-1:])]
    similarities = compare([work_of("ann", "a", theirs, baseline), work_of("ben", "b", mixed, baseline)])
    assert [pair.students for pair in similarities.pairs] == [("ann", "ben")]
    small = [*ours[:4], theirs[4], *ours[5:]]
    assert theirs[4].count("\n") == 4  # four lines are too little to say anything
    assert not compare([work_of("ann", "a", theirs, baseline), work_of("ben", "b", small, baseline)]).pairs


def test_planted_copies_are_exactly_what_is_found(
    assignment: Assignment, baseline: Baseline, tmp_path: Path
) -> None:
    """In a sampled class of forty, the two planted copies are the pairs, and there is no other."""
    folder = tmp_path / "class"
    make_class(assignment, 40, folder)
    planted = {
        "student-002": functions(OWN_WORK),
        "student-017": DISGUISES["everything"](functions(OWN_WORK)),
        "student-008": functions(OWN_TOO),
        "student-033": DISGUISES["renamed"](functions(OWN_TOO)),
    }
    for student, cells in planted.items():
        (folder / f"{student}.ipynb").write_bytes(submitted(assignment, cells))
    similarities = compared(folder, baseline)
    assert {pair.students for pair in similarities.pairs} == {
        ("student-002", "student-017"),
        ("student-008", "student-033"),
    }
    assert not similarities.groups


def test_three_are_a_group(baseline: Baseline) -> None:
    """Who hangs together by pairs is a group, named once."""
    cells = functions(OWN_WORK)
    works = [
        work_of(name, name, DISGUISES[how](cells), baseline)
        for name, how in (("ann", "as it is"), ("ben", "renamed"), ("cem", "comments"))
    ]
    similarities = compare([*works, work_of("dan", "d", functions(OWN_TOO), baseline)])
    assert (len(similarities.pairs), similarities.groups) == (3, [("ann", "ben", "cem")])


def test_attempts_of_one_student_are_not_compared(baseline: Baseline) -> None:
    """Several notebooks of one student make no pair, and somebody else is one pair with all of them."""
    works = [work_of("ann", f"try {n}", functions(OWN_WORK), baseline) for n in range(3)]
    assert not compare(works).pairs
    similarities = compare([*works, work_of("ben", "b", functions(OWN_WORK), baseline)])
    assert [set(pair.students) for pair in similarities.pairs] == [{"ann", "ben"}]


def test_what_many_have_is_common_ground(baseline: Baseline) -> None:
    """A passage that a good part of the class has says nothing about any two of them."""
    similarities = compare([work_of(f"student-{n}", "n", functions(OWN_WORK), baseline) for n in range(12)])
    assert not similarities.pairs
    assert similarities.common


def test_stubs_and_unfinished_work_are_not_found(assignment: Assignment, baseline: Baseline) -> None:
    """The handout as it was given out has nothing of its own."""
    cells = [cell["source"] for cell in code_cells(handout(assignment))]
    works = [work_of(f"student-{n}", "n", cells, baseline) for n in range(4)]
    assert not any(work.own_fingerprints for work in works)
    assert not compare(works).pairs


def each_style(assignment: Assignment) -> Iterator[list[str]]:
    """The reference, and solutions that differ from each other and from it wherever they can."""
    styles = {
        name: [style for style in assignment.alternatives if style.function == name]
        for name in assignment.functions
    }
    for number in range(-1, max(map(len, styles.values()))):
        own_work = {name: some[number].source() for name, some in styles.items() if 0 <= number < len(some)}
        yield [cell["source"] for cell in code_cells(filled_in(assignment, own_work))]


@pytest.mark.parametrize("name", COURSE.assignment_ids())
def test_the_usual_solutions_are_no_pairs(name: str) -> None:
    """Right answers in every known style, each handed in by two people, make no pair."""
    assignment = load_assignment(COURSE, name)
    baseline = baseline_of(assignment)
    works = [
        work_of(f"{twin} {number}", "n", cells, baseline)
        for number, cells in enumerate(each_style(assignment))
        for twin in ("one", "other")
    ]
    assert not compare(works).pairs


@pytest.mark.parametrize("name", COURSE.assignment_ids())
def test_independent_solutions_are_no_pairs(name: str) -> None:
    """Styles of one task have so little in common that no two are a pair, were none of them known."""
    assignment = load_assignment(COURSE, name)
    baseline = baseline_of(assignment, ["reference.py"])
    works: list[Work] = [
        work_of(f"student-{number}", "n", cells, baseline)
        for number, cells in enumerate(each_style(assignment))
    ]
    assert sum(len(work.own_fingerprints) >= 20 for work in works) >= 2
    assert not compare(works).pairs


@pytest.mark.parametrize("name", COURSE.assignment_ids())
def test_a_sampled_class_has_no_pairs(name: str, tmp_path: Path) -> None:
    """Known mistakes, odd notebooks and half-done ones are nobody's own."""
    assignment = load_assignment(COURSE, name)
    make_class(assignment, 40, tmp_path / "class")
    similarities = compared(tmp_path / "class", baseline_of(assignment))
    assert [(pair.students, pair.share, pair.amount) for pair in similarities.pairs] == []


def test_order_of_the_class_does_not_matter(baseline: Baseline) -> None:
    """The same pairs come out in the same order, however the notebooks come in."""
    works = [
        work_of(str(number), "n", DISGUISES[how](functions(own_work)), baseline)
        for number, (own_work, how) in enumerate(
            (o, h) for o in (OWN_WORK, OWN_TOO) for h in ("renamed", "reordered")
        )
    ]
    there, back = compare(works), compare(works[::-1])
    assert [set(pair.students) for pair in there.pairs] == [set(pair.students) for pair in back.pairs]
    assert len(there.pairs) == 2


def test_the_notebooks_are_notebooks(assignment: Assignment) -> None:
    """What these tests hand in is what the reader takes."""
    assert json.loads(submitted(assignment, functions(OWN_WORK)))["nbformat"] == 4
