"""Nothing unread is kept: a part that no reader knows, anywhere in an item, is reported or costs the item."""

from __future__ import annotations

import io
import tempfile
import zipfile
from functools import lru_cache
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, tostring

import pytest
import yaml
from defusedxml.ElementTree import fromstring
from every_item import every_item, quiz_of
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from qti_packages import canvas_document, canvas_item, choice_list, correct, package, points

from autograder.errors import UsageError
from autograder.submissions.deterministic_zip import deterministic_zip
from quizzes.content.items.any_item import Item
from quizzes.interchange.exporting import Format, export
from quizzes.interchange.html_markup import LeftOut
from quizzes.interchange.importing import Imported, import_package
from quizzes.interchange.tracked_xml import Node, check_all_read
from quizzes.schedule.timing import Schedule

NAMESPACES = {
    "qti12": "{http://www.imsglobal.org/xsd/ims_qtiasiv1p2}",
    "qti21": "{http://www.imsglobal.org/xsd/imsqti_v2p1}",
}
FORMATS: tuple[Format, ...] = ("qti12", "qti21")


def sample() -> dict[str, Item]:
    """One item of each kind."""
    kinds: dict[str, str] = {}
    items = every_item()
    for reference, item in items.items():
        kinds.setdefault(item.type, reference)
    return {reference: items[reference] for reference in kinds.values()}


EXPORTED = {to: export(quiz_of(sample()), Schedule(opens_at=0), to, "1").data for to in FORMATS}


@lru_cache
def unchanged(to: Format) -> Imported:
    """What the package gives as it was exported."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "original.zip"
        path.write_bytes(EXPORTED[to])
        return import_package(path, "back")


def documents(to: Format) -> tuple[dict[str, bytes], list[str]]:
    """The files of an exported package, and the names of those that hold items."""
    with zipfile.ZipFile(io.BytesIO(EXPORTED[to])) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return files, [name for name, data in files.items() if b"<item " in data or b"<assessmentItem " in data]


def places(root: Element, to: Format) -> list[Element]:
    """The elements of items in which a strange part would change something: no formulas, no metadata."""
    tag = f"{NAMESPACES[to]}{'item' if to == 'qti12' else 'assessmentItem'}"
    found: list[Element] = []

    def walk(node: Element) -> None:
        # The values that outcomes begin with are run, but need not change anything.
        if node.tag.endswith(("}math", "}itemmetadata", "}defaultValue")):
            return
        found.append(node)
        for child in node:
            walk(child)

    for item in root.iter(tag):
        walk(item)
    return found


@settings(max_examples=examples(50), deadline=None)
@given(
    st.randoms(use_true_random=False),
    st.sampled_from(FORMATS),
    st.sampled_from(["element", "attribute", "text"]),
)
def test_a_strange_part_is_never_kept_in_silence(chance: object, to: Format, kind: str) -> None:
    """An element, an attribute or a text that nobody knows: there is a sentence, or the item is gone."""
    files, names = documents(to)
    name = chance.choice(names)  # type: ignore[attr-defined]
    root = fromstring(files[name])
    place = chance.choice(places(root, to))  # type: ignore[attr-defined]
    if kind == "element":
        strange = SubElement(place, f"{NAMESPACES[to]}mystery")
        strange.text = "strange"
        place.remove(strange)
        place.insert(chance.randrange(len(place) + 1), strange)  # type: ignore[attr-defined]
    elif kind == "attribute":
        place.set("mystery", "strange")
    else:
        place.text = f"{place.text or ''} strange"
    files[name] = tostring(root)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "changed.zip"
        path.write_bytes(deterministic_zip(files))
        before = unchanged(to)
        try:
            after = import_package(path, "back")
        except UsageError as problem:
            assert "left out" in problem.message or "strange" in problem.message
            return
    if kind == "text" and after.text != before.text:
        return  # a text where texts stand is part of the item, and is there
    assert set(after.lost) - set(before.lost), (place.tag, kind)


def test_every_kind_is_in_the_sample() -> None:
    """The property is about every kind of item."""
    assert len(sample()) == 11


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ('<varsubstring respident="r">a</varsubstring>', "its condition “varsubstring” is not known here"),
        ('<durlte respident="r">60</durlte>', "its condition “durlte” is not known here"),
        ('<varequal respident="r" case="Yes" index="2">a</varequal>', "marks each place of a list"),
        ('<varequal respident="r" weight="2">a</varequal>', "the setting weight=“2”"),
        ('<vargte respident="r">many</vargte>', "a bound of its range is “many”"),
    ],
)
def test_a_condition_that_is_not_known(condition: str, sentence: str, tmp_path: Path) -> None:
    """It may change the key, so it costs the item, and the next item stays."""
    rows = [("a", "yes"), ("b", "no")]
    known = points(correct("r", "a"))
    items = [
        canvas_item(title, "multiple_choice_question", "Which?", choice_list("r", rows), rules)
        for title, rules in (("Odd", known + points(condition, "50")), ("Plain", known))
    ]
    made = import_package(package(tmp_path / "x.zip", {"q.xml": canvas_document(*items)}), "bank")
    assert [item["id"] for item in yaml.safe_load(made.text)["items"]] == ["plain"]
    ((name, loss),) = made.lost
    assert name == "Odd" and loss.startswith("It was left out: ") and sentence in loss


def test_what_is_recorded() -> None:
    """Elements, attributes and texts count as read when a reader asks for them; the rest is named."""
    node = Node(fromstring('<item a="1" b="2">word<known c="3"/><other/></item>'))
    assert node.get("a") == "1"
    (known,) = node.take("known")
    left = [(part.kind, part.tag, part.name) for part in node.unread()]
    assert left == [
        ("attribute", "item", "b"),
        ("text", "item", "word"),
        ("attribute", "known", "c"),
        ("element", "other", ""),
    ]
    with pytest.raises(LeftOut, match="the setting b=“2” of its part “item” is not known here"):
        check_all_read(node, (), {}, print)
    assert node.text == "word" and known.get("c") == "3"
    check_all_read(node, ("other",), {"item": ("b",)}, print)


def test_nesting_too_deep_costs_the_item(tmp_path: Path) -> None:
    """XML nested deeper than is read is not flattened in silence: that item alone is left out."""
    rows = [("a", "yes"), ("b", "no")]
    plain = canvas_item(
        "Plain", "multiple_choice_question", "Which?", choice_list("r", rows), points(correct("r", "a"))
    )
    deep = plain.replace("Plain", "Deep").replace("<presentation>", f"<presentation>{'<flow>' * 300}", 1)
    deep = deep.replace("</presentation>", f"{'</flow>' * 300}</presentation>", 1)
    made = import_package(package(tmp_path / "x.zip", {"q.xml": canvas_document(deep, plain)}), "bank")
    assert [item["id"] for item in yaml.safe_load(made.text)["items"]] == ["plain"]
    assert made.lost[0][0] == "Deep" and "left out" in made.lost[0][1]
