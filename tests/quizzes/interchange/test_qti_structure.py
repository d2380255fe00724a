"""Packages are as the published schemas want them, and what they refer to is there."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring
from every_item import every_item, quiz_of
from qti_structure import MANIFEST, QTI12, QTI21, TEST, Rule, faults, local

from autograder.course.course import find_course
from quizzes.content.quiz_file import load_quiz
from quizzes.interchange.exporting import Format, export
from quizzes.schedule.timing import Schedule

SCHEDULE = Schedule(opens_at=0, due_at=10**12, limit=2_400_000)


def documents(data: bytes) -> dict[str, Element]:
    """The XML documents of a package."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: fromstring(archive.read(name)) for name in archive.namelist() if name.endswith(".xml")}


@pytest.fixture(params=["every item", "quiz4"])
def data(request: pytest.FixtureRequest, to: Format) -> bytes:
    """A package of every item of the banks, and of quiz 4 with its pools and variants."""
    if request.param == "every item":
        return export(quiz_of(every_item()), SCHEDULE, to, "1").data
    plan = load_quiz(find_course(Path(__file__).parent), "quiz4")
    return export(plan.quiz, plan.schedule, to, "1", 3).data


@pytest.mark.parametrize("to", ["qti12", "qti21"])
def test_against_the_schemas(to: Format, data: bytes) -> None:
    """Elements, their order, attributes and identifiers are those of the schemas."""
    schemas: dict[str, dict[str, Rule]] = {
        "manifest": MANIFEST,
        "questestinterop": QTI12,
        "assessmentItem": QTI21,
        "assessmentTest": TEST,
    }
    seen = set()
    for name, root in documents(data).items():
        if local(root) != "quiz":  # Canvas's own settings
            assert faults(root, schemas[local(root)]) == [], name
            seen.add(local(root))
    wanted = {"qti12": {"manifest", "questestinterop"}}
    assert seen == wanted.get(to, {"manifest", "assessmentItem", "assessmentTest"})


@pytest.mark.parametrize("to", ["qti12", "qti21"])
def test_everything_is_there(to: Format, data: bytes) -> None:
    """Every file is in the manifest and the other way round; all that is referred to exists."""
    root = documents(data)
    manifest = root.pop("imsmanifest.xml")
    listed = {one.get("href") for one in manifest.iter() if local(one) == "file"}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert listed == set(archive.namelist()) - {"imsmanifest.xml"}
        assert all(info.date_time == (1980, 1, 1, 0, 0, 0) for info in archive.infolist())
    known = {one.get("identifier") for one in manifest.iter() if local(one) == "resource"}
    needed = {one.get("identifierref") for one in manifest.iter() if local(one) == "dependency"}
    assert needed <= known
    for document in root.values():
        items = [one for one in document.iter() if local(one) in ("item", "assessmentItem")]
        for item in items:
            _refers_to_itself(item)
    if to == "qti21":
        references = [one for one in root["test.xml"].iter() if local(one) == "assessmentItemRef"]
        assert {one.get("href") for one in references} == root.keys() - {"test.xml"}


def _refers_to_itself(item: Element) -> None:
    declared = {one.get("identifier") for one in item.iter() if local(one).endswith("Declaration")}
    declared |= {one.get("ident") for one in item.iter() if local(one) in ("response_lid", "response_str")}
    used = {one.get("responseIdentifier") for one in item.iter() if local(one).endswith("Interaction")}
    used |= {one.get("identifier") for one in item.iter() if local(one) in ("variable", "setOutcomeValue")}
    used |= {one.get("respident") for one in item.iter() if local(one) in ("varequal", "vargte", "varlte")}
    assert used <= declared, item.get("title")
    feedback = {one.get("ident") for one in item.iter() if local(one) == "itemfeedback"}
    assert {one.get("linkrefid") for one in item.iter() if local(one) == "displayfeedback"} <= feedback


def test_the_validator_sees_faults() -> None:
    """A wrong order, a missing attribute, a stray element and a stray text are told."""
    wrong = fromstring(
        "<assessmentItem identifier='a b' title='t' adaptive='false'>stray"
        "<itemBody/><responseDeclaration identifier='R' cardinality='single'/><blink/></assessmentItem>"
    )
    said = " ".join(faults(wrong, QTI21))
    for one in ("holds itemBody responseDeclaration", "no timeDependent", "<blink>", "stray", "'a b'"):
        assert one in said
