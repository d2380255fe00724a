"""Packages of other systems: laid out as Canvas and as a QTI 2.1 editor make them, damaged, and hostile."""

from __future__ import annotations

import io
import random
import subprocess
import tempfile
import zipfile
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, tostring

import pytest
import yaml
from command import run_command
from defusedxml.ElementTree import fromstring
from every_item import PNG, every_item, quiz_of
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import UsageError
from autograder.submissions.deterministic_zip import deterministic_zip
from quizzes.content.bank import BankFile, load_bank
from quizzes.content.lint import faults_in_bank
from quizzes.interchange.exporting import Format, export
from quizzes.interchange.importing import Imported, import_package
from quizzes.schedule.timing import Schedule

MANIFEST = (
    '<?xml version="1.0"?><manifest identifier="m" xmlns="http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1">'
    "<metadata/><organizations/><resources>{}</resources></manifest>"
)
CANVAS = """<?xml version="1.0" encoding="UTF-8"?>
<questestinterop xmlns="http://www.imsglobal.org/xsd/ims_qtiasiv1p2">
 <assessment ident="g1" title="Week 3"><section ident="root_section">{}</section></assessment>
</questestinterop>"""
DAMAGED: dict[Format, bytes] = {
    to: export(quiz_of(every_item()), Schedule(opens_at=0), to, "1").data for to in ("qti12", "qti21")
}
EQUATION = (
    "&lt;img class=&quot;equation_image&quot; title=&quot;\\alpha &amp;lt; 1&quot; "
    "src=&quot;/equation_images/%255Calpha%2520%253C%25201?scale=1&quot; alt=&quot;LaTeX: \\alpha&quot; /&gt;"
)


def fields(kind: str) -> str:
    """The metadata of a Canvas item."""
    return (
        "<itemmetadata><qtimetadata>"
        f"<qtimetadatafield><fieldlabel>question_type</fieldlabel><fieldentry>{kind}</fieldentry></qtimetadatafield>"
        "<qtimetadatafield><fieldlabel>points_possible</fieldlabel><fieldentry>2.0</fieldentry></qtimetadatafield>"
        "</qtimetadata></itemmetadata>"
    )


def text(html: str, kind: str = "text/html") -> str:
    """A text in QTI 1.2, its HTML escaped already."""
    return f'<material><mattext texttype="{kind}">{html}</mattext></material>'


def label(ident: str, html: str) -> str:
    """An option."""
    return f'<response_label ident="{ident}">{text(html, "text/plain")}</response_label>'


def scored(condition: str, value: str = "100") -> str:
    """A condition that gives points."""
    return (
        f'<respcondition continue="No"><conditionvar>{condition}</conditionvar>'
        f'<setvar action="Set" varname="SCORE">{value}</setvar></respcondition>'
    )


def item(title: str, kind: str, presentation: str, processing: str = "", feedback: str = "") -> str:
    """An item as Canvas writes it."""
    head = fields(kind) if kind else ""
    return (
        f'<item ident="i{title}" title="{title}">{head}<presentation>{presentation}</presentation>'
        f"<resprocessing><outcomes/>{processing}</resprocessing>{feedback}</item>"
    )


def choices(ident: str, labels: str, about: str = "", cardinality: str = "Single") -> str:
    """A list to choose from."""
    return (
        f'<response_lid ident="{ident}" rcardinality="{cardinality}">{about}'
        f"<render_choice>{labels}</render_choice></response_lid>"
    )


BOX = (
    '<response_str ident="response1" rcardinality="Single"><render_fib>'
    '<response_label ident="a"/></render_fib></response_str>'
)


def package(folder: Path, files: dict[str, str | bytes], resources: str, manifest: str = MANIFEST) -> Path:
    """A package with these files."""
    path = folder / "package.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("imsmanifest.xml", manifest.format(resources))
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def canvas(folder: Path, *items: str, **more: bytes) -> Imported:
    """What a Canvas package with these items gives."""
    resource = '<resource identifier="g1" type="imsqti_xmlv1p2"><file href="g1/g1.xml"/></resource>'
    files: dict[str, str | bytes] = {"g1/g1.xml": CANVAS.format("".join(items))}
    path = package(folder, files | {name.replace("__", "/"): data for name, data in more.items()}, resource)
    return import_package(path, "week3")


def first(made: Imported) -> dict[str, Any]:
    """The first item of the bank that was made."""
    item: dict[str, Any] = yaml.safe_load(made.text)["items"][0]
    return item


def test_canvas_choice(tmp_path: Path) -> None:
    """Formulas from Canvas's pictures, lists, bold and code; feedback by option and in general."""
    prompt = (
        f"&lt;div&gt;&lt;p&gt;What if {EQUATION}, &lt;strong&gt;always&lt;/strong&gt;?&lt;/p&gt;&lt;/div&gt;"
    )
    options = label("4401", "It shrinks: \\(x^2\\)") + label("4402", "Costs $5") + label("4403", "a * b * c")
    general = text("&lt;p&gt;See &lt;code&gt;relu&lt;/code&gt;.&lt;/p&gt;")
    feedback = (
        f'<itemfeedback ident="4402_fb"><flow_mat>{text("No.")}</flow_mat></itemfeedback>'
        f'<itemfeedback ident="general_fb"><flow_mat>{general}</flow_mat></itemfeedback>'
    )
    right = scored('<varequal respident="response1">4401</varequal>')
    made = canvas(
        tmp_path,
        item(
            "Step size",
            "multiple_choice_question",
            text(prompt) + choices("response1", options),
            right,
            feedback,
        ),
    )
    imported_item = first(made)
    assert (imported_item["id"], imported_item["type"], made.lost) == ("step-size", "choice", ())
    assert imported_item["prompt"] == "What if $\\alpha < 1$, **always**?"
    assert [option["text"] for option in imported_item["options"]] == [
        "It shrinks: $x^2$",
        "Costs \\$5",
        "a \\* b \\* c",
    ]
    assert [option["correct"] for option in imported_item["options"]] == [True, False, False]
    assert imported_item["options"][1]["feedback"] == "No." and imported_item["explanation"] == "See `relu`."


def test_canvas_numbers(tmp_path: Path) -> None:
    """A margin and a range; two ranges apart are left out, since no key stands for both."""
    margin = (
        '<or><varequal respident="response1">0.5</varequal><and><vargte respident="response1">0.45</vargte>'
        '<varlte respident="response1">0.55</varlte></and></or>'
    )
    between = '<vargte respident="response1">1</vargte><varlte respident="response1">4</varlte>'
    made = canvas(
        tmp_path,
        item("margin", "numerical_question", text("How much?") + BOX, scored(margin)),
        item("range", "numerical_question", text("How much?") + BOX, scored(between)),
        item("both", "numerical_question", text("How much?") + BOX, scored(between) + scored(margin)),
    )
    first_item, two = yaml.safe_load(made.text)["items"]
    assert (first_item["key"], first_item["tolerance"]) == ("0.5", {"mode": "abs", "abs": "0.05"})
    assert (two["key"], two["tolerance"]) == ("2.5", {"mode": "abs", "abs": "1.5"})
    ((name, sentence),) = made.lost
    assert name == "both" and "several numbers are right" in sentence


def test_canvas_blanks_and_matching(tmp_path: Path) -> None:
    """Blanks stand where they stood, by their names; a matching keeps what belongs to none."""
    blanks = (
        text("&lt;p&gt;Roses are [colour], and so is [What?].&lt;/p&gt;")
        + choices("response_colour", label("1", "red") + label("2", "Red"), text("colour", "text/plain"))
        + choices("response_What?", label("3", "the flag"), text("What?", "text/plain"))
    )
    scores = scored('<varequal respident="response_colour">1</varequal>', "50.00") + scored(
        '<varequal respident="response_What?">3</varequal>', "50.00"
    )
    rights = label("11", "max(0, x)") + label("12", "1/(1+e^-x)") + label("13", "x")
    matching = (
        text("Which is which?")
        + choices("response_1", rights, text("ReLU", "text/plain"))
        + choices("response_2", rights, text("sigmoid", "text/plain"))
    )
    pairs = scored('<varequal respident="response_1">11</varequal>', "50") + scored(
        '<varequal respident="response_2">12</varequal>', "50"
    )
    made = canvas(
        tmp_path,
        item("blanks", "fill_in_multiple_blanks_question", blanks, scores),
        item("match", "matching_question", matching, pairs),
    )
    first_item, two = yaml.safe_load(made.text)["items"]
    assert first_item["prompt"] == "Roses are \\[colour\\], and so is \\[What?\\]."
    assert [(blank["id"], blank["accept"]) for blank in first_item["blanks"]] == [
        ("colour", ["red", "Red"]),
        ("what", ["the flag"]),
    ]
    assert two["pairs"][0] == {"left": "ReLU", "right": "max(0, x)"} and two["distractors"] == ["x"]


def test_what_has_no_counterpart(tmp_path: Path) -> None:
    """A file to hand in, a text, a formula with variables: each is left out and named; the others stay."""
    made = canvas(
        tmp_path,
        item("upload", "file_upload_question", text("Hand in.")),
        item("words", "text_only_question", text("Read.")),
        item("sum", "calculated_question", text("[x] + 1?")),
        item("essay", "essay_question", text("Why? &lt;script&gt;alert(1)&lt;/script&gt;") + BOX),
        item("one", "multiple_choice_question", text("One?") + choices("response1", label("1", "only"))),
    )
    (imported_item,) = yaml.safe_load(made.text)["items"]
    assert (imported_item["id"], imported_item["prompt"]) == ("essay", "Why?")
    losses = dict(made.lost)
    assert losses["upload"] == "It was left out: file upload question has no counterpart here."
    assert {"words", "sum", "one"} <= losses.keys()
    assert ("essay", "A <script> was left out.") in made.lost
    assert ("essay", "No rubric came with it: write what to look for.") in made.lost


def test_other_systems_without_kinds(tmp_path: Path) -> None:
    """Where no metadata says what an item is, its responses do."""
    labels = label("a", "yes") + label("b", "no")
    both = '<and><varequal respident="r">a</varequal><not><varequal respident="r">b</varequal></not></and>'
    made = canvas(
        tmp_path,
        item("single", "", text("?") + choices("r", labels), scored('<varequal respident="r">b</varequal>')),
        item("many", "", text("?") + choices("r", labels, cardinality="Multiple"), scored(both)),
        item("word", "", text("?") + BOX, scored('<varequal respident="response1">relu</varequal>')),
    )
    kinds = [(item["id"], item["type"]) for item in yaml.safe_load(made.text)["items"]]
    assert kinds == [("single", "choice"), ("many", "choices"), ("word", "short_text")]


def test_pictures(tmp_path: Path) -> None:
    """A package's own picture is taken along; one from elsewhere, and SVG, are left out and told."""
    own_picture = "&lt;img src=&quot;%24IMS-CC-FILEBASE%24/pics/a dot.png?x=1&quot; alt=&quot;a dot&quot;&gt;"
    far_picture = "&lt;img src=&quot;https://example.org/x.png&quot; alt=&quot;far&quot;&gt;"
    drawn = "&lt;img src=&quot;%24IMS-CC-FILEBASE%24/pics/evil.svg&quot;&gt;"
    question = item("essay", "essay_question", text(f"Look. {own_picture} {far_picture} {drawn}") + BOX)
    made = canvas(tmp_path, question, **{"pics__a dot.png": PNG, "pics__evil.svg": b"<svg onload='x'/>"})
    assert made.pictures == {"week3/a-dot.png": PNG}
    assert first(made)["images"] == [{"file": "week3/a-dot.png", "alt": "a dot"}]
    assert ("essay", "A picture was left out: far.") in made.lost
    assert ("essay", "A picture was left out.") in made.lost


ITEM21 = """<?xml version="1.0"?>
<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="{id}" title="{id}"
 adaptive="false" timeDependent="false">{declarations}
 <itemBody>{body}</itemBody>{processing}</assessmentItem>"""


def qti21(folder: Path, **items: tuple[str, str, str]) -> Imported:
    """A QTI 2.1 package as an editor lays it out: a folder below, each item beside its own files."""
    resources = "".join(
        f'<resource identifier="{name}" type="imsqti_item_xmlv2p1" href="q/{name}.xml">'
        f'<file href="q/{name}.xml"/></resource>'
        for name in items
    )
    files: dict[str, str | bytes] = {
        f"q/{name}.xml": ITEM21.format(id=name, declarations=declarations, body=two, processing=three)
        for name, (declarations, two, three) in items.items()
    }
    return import_package(package(folder, files, resources), "other")


def test_qti21_of_another_system(tmp_path: Path) -> None:
    """Inline blanks in a sentence, a relative tolerance, MathML with its TeX, a mapping without a key."""
    blank = (
        '<responseDeclaration identifier="{0}" cardinality="single" baseType="{1}">{2}</responseDeclaration>'
    )
    word = blank.format(
        "R1", "string", '<mapping defaultValue="0"><mapEntry mapKey="York" mappedValue="1"/></mapping>'
    )
    year = blank.format("R2", "float", "<correctResponse><value>200</value></correctResponse>")
    near = (
        '<responseProcessing><responseCondition><responseIf><equal toleranceMode="relative" tolerance="5 10">'
        '<variable identifier="R2"/><correct identifier="R2"/></equal>'
        '<setOutcomeValue identifier="SCORE"><baseValue baseType="float">1</baseValue></setOutcomeValue>'
        '</responseIf></responseCondition><setOutcomeValue identifier="SCORE"><sum>'
        '<variable identifier="SCORE"/><mapResponse identifier="R1"/></sum></setOutcomeValue>'
        "</responseProcessing>"
    )
    math = (
        '<math xmlns="http://www.w3.org/1998/Math/MathML"><semantics><mi>x</mi>'
        '<annotation encoding="application/x-tex">x_1</annotation></semantics></math>'
    )
    order = blank.format(
        "R", "identifier", "<correctResponse><value>B</value><value>A</value></correctResponse>"
    ).replace("single", "ordered")
    made = qti21(
        tmp_path,
        blanks=(
            word + year,
            '<p>Richard of <textEntryInteraction responseIdentifier="R1"/> weighs '
            '<textEntryInteraction responseIdentifier="R2"/> stone.</p>',
            near,
        ),
        order=(
            order,
            f"<p>By {math}:</p>"
            '<orderInteraction responseIdentifier="R" shuffle="true"><prompt>Sort.</prompt>'
            '<simpleChoice identifier="A">second</simpleChoice>'
            '<simpleChoice identifier="B">first</simpleChoice>'
            "</orderInteraction>",
            "",
        ),
        hotspot=("", '<hotspotInteraction responseIdentifier="R"/>', ""),
    )
    blanks, ordered = yaml.safe_load(made.text)["items"]
    assert blanks["blanks"][0]["match_case"] is True
    assert blanks["prompt"] == "Richard of \\[1\\] weighs \\[2\\] stone."
    assert blanks["blanks"][0]["accept"] == ["York"]
    assert blanks["blanks"][1]["tolerance"] == {"mode": "range", "below": "10", "above": "20"}
    assert ordered["entries"] == ["first", "second"]
    assert ordered["prompt"] == "By $x_1$:\n\nSort."
    assert made.lost == (("hotspot", "It was left out: a hot spot on a picture has no counterpart here."),)


def test_what_is_no_package(tmp_path: Path) -> None:
    """Each gets a sentence that names the file and what to do; nothing is written."""
    (tmp_path / "text.zip").write_text("no archive")
    (tmp_path / "empty.zip").write_bytes(b"PK\x05\x06" + b"\0" * 18)
    with pytest.raises(UsageError, match="damaged"):
        import_package(tmp_path / "text.zip", "x")
    with pytest.raises(UsageError, match="holds no imsmanifest"):
        import_package(tmp_path / "empty.zip", "x")
    with pytest.raises(UsageError, match="cannot be read"):
        import_package(tmp_path / "nowhere.zip", "x")
    resource = '<resource identifier="g" type="imsqti_xmlv1p2"><file href="../../etc/passwd"/></resource>'
    with pytest.raises(UsageError, match="which is not in it"):
        import_package(package(tmp_path, {}, resource), "x")
    good = resource.replace("../../etc/passwd", "q.xml")
    for document, expected_text in (
        ("<broken", "q.xml is not XML"),
        (CANVAS.format(""), "holds no question that can be taken over"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "q.xml declares entities"),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><questestinterop/>', "holds no question"),
    ):
        with pytest.raises(UsageError, match=expected_text):
            import_package(package(tmp_path, {"q.xml": document}, good), "x")


@pytest.mark.parametrize("kind", ["multiple_choice_question", "true_false_question", "short_answer_question"])
def test_an_item_without_a_response(tmp_path: Path, kind: str) -> None:
    """It asks for nothing, so it is left out with a sentence, and the others are taken."""
    with zipfile.ZipFile(io.BytesIO(DAMAGED["qti12"])) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    name = next(file for file in files if file.endswith(".xml") and b"</item>" in files[file])
    document = fromstring(files[name])

    def below(parent: Element, *tags: str) -> list[Element]:
        return [node for node in parent.iter() if node.tag.rpartition("}")[2] in tags]

    first = below(document, "item")[0]
    responses = below(first, "response_lid", "response_str")
    for parent in list(first.iter()):
        for response in responses:
            if response in list(parent):
                parent.remove(response)
    for field in below(first, "qtimetadatafield"):
        label, entry = list(field)
        if label.text == "question_type":
            entry.text = kind
    path = tmp_path / "without.zip"
    path.write_bytes(deterministic_zip({**files, name: tostring(document)}))
    made = import_package(path, "back")
    assert any("it asks for nothing" in sentence for _, sentence in made.lost)


@pytest.mark.full
@settings(max_examples=examples(40), deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(["qti12", "qti21"]))
def test_damaged_documents(chance: random.Random, to: Format) -> None:
    """Elements, attributes and texts taken away or put elsewhere: a bank that loads, or a sentence."""
    with zipfile.ZipFile(io.BytesIO(DAMAGED[to])) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice([file for file in files if file.endswith(".xml") and "meta" not in file])
    root = fromstring(files[name])
    for _ in range(chance.randint(1, 6)):
        everything = list(root.iter())
        damaged, other = chance.choice(everything), chance.choice(everything)
        act = chance.randrange(5)
        if act == 0 and len(damaged):
            damaged.remove(chance.choice(list(damaged)))
        elif act == 1 and damaged.attrib:
            del damaged.attrib[chance.choice(list(damaged.attrib))]
        elif act == 2:
            damaged.text = chance.choice(["", "\u202e<b>&", "1e999", "-", None])
        elif act == 3 and damaged.attrib:
            damaged.attrib[chance.choice(list(damaged.attrib))] = chance.choice(
                ["", "../x", "other", "9" * 400]
            )
        elif act == 4 and other not in list(damaged.iter()):
            other.append(damaged)
    files[name] = tostring(root)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "damaged.zip"
        path.write_bytes(deterministic_zip(files))
        try:
            made = import_package(path, "back")
        except UsageError as problem:
            assert problem.message
        else:
            BankFile.model_validate(yaml.safe_load(made.text))


def test_bombs(tmp_path: Path) -> None:
    """An archive that unpacks to far too much, and entities that multiply, are refused in time."""
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("imsmanifest.xml", b" " * (300 * 1024**2))
    with pytest.raises(UsageError, match="unpacks to far too much"):
        import_package(tmp_path / "bomb.zip", "x")
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    document = f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]><x>&l9;</x>'
    with pytest.raises(UsageError, match="declares entities"):
        import_package(
            package(tmp_path, {}, "", manifest=document.replace("{", "{{").replace("}", "}}")), "x"
        )


def command(*words: str) -> subprocess.CompletedProcess[str]:
    """The `quizzes` command."""
    return run_command("quizzes", *words, folder=Path.cwd())


def test_the_commands(tmp_path: Path) -> None:
    """Quiz 4 out and in again: a bank that lint proves; an existing one is not written over."""
    root, course = Path(__file__).parents[3], tmp_path / "course"
    (course / "quizzes" / "banks").mkdir(parents=True)
    (course / "course.yaml").write_text("title: C\n", encoding="utf-8")
    from_root, to_course = ("--course", str(root)), ("--course", str(course))
    for to in ("qti12", "qti21"):
        out = command("export", "quiz4", "--to", to, "--out", str(tmp_path / f"{to}.zip"), *from_root)
        assert (out.returncode, out.stderr) == (0, "")
        assert "questions in" in out.stdout and "exported are fixed ones" in out.stdout
        words = ("import", str(tmp_path / f"{to}.zip"), "--bank", to, *to_course)
        taken = command(*words)
        assert (taken.returncode, taken.stderr) == (0, "")
        assert "exists already" in command(*words).stderr
        assert faults_in_bank(load_bank(course / "quizzes" / "banks" / f"{to}.yaml")) == []
    wrong = command("export", "quiz4", "--to", "word", "--out", "x.zip", *from_root)
    assert (wrong.returncode, "unknown format" in wrong.stderr) == (2, True)
    assert "not a valid name" in command("import", "x.zip", "--bank", "../up", *to_course).stderr
