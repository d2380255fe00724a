"""Content in the browser: every saved text kept, two editors told, comments kept, commits of git."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from command import autograder
from graded_course import ASSIGNMENT, QUIZ, graded_course
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from live_homework import LiveHomework
from live_server import Student
from sqlalchemy import select

from autograder.course.course import find_course
from autograder.errors import AutograderError
from autograder.site.content import file_versions
from autograder.site.content.assignment_form import changed_assignment, file_of, values_of
from autograder.site.content.file_versions import merged
from autograder.site.content.yaml_values import with_values
from autograder.site.tables import audit, file_version
from quizzes.content.quiz_file import load_quiz
from quizzes.web.staff import editor

BANK = "/content/banks/words"


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveHomework]:
    """A course with an assignment, a quiz and its bank."""
    with graded_course(tmp_path / "course") as live:
        yield live


def form(page: str) -> dict[str, str]:
    """The hidden fields of the editor, and its text."""
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    (text,) = re.findall(r'<textarea class="code" id="text"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    return {**fields, "text": text.replace("&#39;", "'").replace("&#34;", '"').replace("&amp;", "&")}


def sent(who: Student, path: str, fields: dict[str, str], **more: str) -> httpx.Response:
    """The editor's form as a browser sends it."""
    data = {**fields, "token": who.token, **more}
    data["text"] = data["text"].replace("\n", "\r\n")
    return who.http.post(path, data=data, files={"none": ("", b"")})


def test_two_editors_of_one_bank(live: LiveHomework) -> None:
    """Who saves second is shown both changes, who typed meanwhile is told, and no text is lost."""
    ina, tea = (live.server.student(name=name, role="instructor") for name in ("ina", "tea"))
    path = live.server.course.root / "quizzes" / "banks" / "words.yaml"
    first, second = form(ina.page(BANK)), form(tea.page(BANK))
    assert first["text"] == path.read_text(encoding="utf-8")
    mine = {**first, "text": first["text"].replace("topic: Words", "topic: More words")}
    done = sent(ina, BANK, mine, save="yes", note="Better topic")
    assert done.status_code == 303 and "topic: More words" in path.read_text(encoding="utf-8")
    theirs = {**second, "text": second["text"].replace("It is the product.", "They are multiplied.")}
    answer = tea.ask(f"{BANK}/check", {"text": theirs["text"], "seen": theirs["seen"]}).json()
    assert answer["meanwhile"].startswith("Ina has saved this file")
    clash = sent(tea, BANK, theirs, save="yes")
    assert clash.status_code == 409 and "has saved this file since you opened it" in clash.text
    assert "multiplied" not in path.read_text(encoding="utf-8")
    both = form(clash.text)
    assert "topic: More words" in both["text"] and "They are multiplied." in both["text"]
    assert sent(tea, BANK, both, save="yes").status_code == 303
    assert path.read_text(encoding="utf-8") == both["text"]
    with live.server.database.reading() as connection:
        kept = connection.execute(select(file_version).order_by(file_version.c.id)).all()
        acts = connection.execute(select(audit.c.who).where(audit.c.act == "edit content")).scalars().all()
    assert [(row.who, row.content) for row in kept] == [
        ("", first["text"]),
        ("ina", mine["text"]),
        ("tea", theirs["text"]),
        ("tea", both["text"]),
    ]
    assert acts == ["ina", "tea"]
    page = ina.page(BANK)
    assert "Better topic" in page and "somebody else had saved before" in page
    (old, *_) = re.findall(rf'href="{BANK}\?version=(\d+)"', page)[::-1]
    assert form(ina.page(f"{BANK}?version={old}"))["text"] == first["text"]


def test_a_file_that_was_emptied_while_somebody_edits_it(live: LiveHomework) -> None:
    """The first save is told of the empty file, and the same text again is saved."""
    ina = live.server.student(name="ina", role="instructor")
    path = live.server.course.root / "quizzes" / "banks" / "words.yaml"
    mine = form(ina.page(BANK))
    path.write_bytes(b"")
    clash = sent(ina, BANK, mine, save="yes")
    assert clash.status_code == 409 and path.read_bytes() == b""
    again = {**mine, "seen": form(clash.text)["seen"]}
    assert sent(ina, BANK, again, save="yes").status_code == 303
    assert path.read_text(encoding="utf-8") == mine["text"]


def test_contradicting_changes_are_marked(live: LiveHomework) -> None:
    """Both ways stand in the text, nothing is written before somebody decides."""
    ina, tea = (live.server.student(name=name, role="instructor") for name in ("ina", "tea"))
    first, second = form(ina.page(BANK)), form(tea.page(BANK))
    sent(ina, BANK, {**first, "text": first["text"].replace("topic: Words", "topic: One")}, save="yes")
    clash = sent(
        tea, BANK, {**second, "text": second["text"].replace("topic: Words", "topic: Two")}, save="y"
    )
    text = form(clash.text)["text"].replace("&lt;", "<").replace("&gt;", ">")
    assert "In one place they contradict each other" in clash.text
    assert "topic: One" in text and "topic: Two" in text and "# <<<<<<< saved meanwhile" in text


@pytest.mark.full
def test_a_look_while_typing(live: LiveHomework) -> None:
    """Faults with their lines, the questions with key and explanation; nothing is saved by looking."""
    ina = live.server.student(name="ina", role="instructor")
    fields = form(ina.page(BANK))
    good = ina.ask(f"{BANK}/check", {"text": fields["text"], "seen": fields["seen"]}).json()
    assert good["faults"] == [] and good["meanwhile"] == ""
    assert "What is the result of an addition called?" in good["html"] and "It is the sum." in good["html"]
    bad = ina.ask(f"{BANK}/check", {"text": fields["text"].replace("accept: [sum]", "accepts: [sum]")}).json()
    assert [fault["line"] for fault in bad["faults"]] == [3] or bad["faults"][0]["line"] is not None
    assert str(live.server.course.root) not in bad["html"] and "/tmp" not in bad["html"]
    broken = ina.ask(f"{BANK}/check", {"text": "topic: [\nitems"}).json()
    assert broken["faults"][0]["line"] == 2 or broken["faults"][0]["line"] == 1
    looked = sent(ina, BANK, {**fields, "text": fields["text"].replace("Words", "Other")}, look="yes")
    assert looked.status_code == 200 and "No fault found" in looked.text and "Right answer" in looked.text
    quiz = ina.ask(f"/content/quizzes/{QUIZ}/check", {"text": quiz_text(live)}).json()
    assert quiz["faults"] == [] and "2 questions, 2 points." in quiz["html"]
    wrong = quiz_text(live).replace("words/product", "words/quotient")
    missing = ina.ask(f"/content/quizzes/{QUIZ}/check", {"text": wrong}).json()
    assert missing["faults"][0]["line"] == 8 and "quotient" in missing["faults"][0]["message"]


def test_what_is_not_text(live: LiveHomework) -> None:
    """Half a character in JSON costs a look nothing; a NUL, which some databases refuse, becomes U+FFFD."""
    ina = live.server.student(name="ina", role="instructor")
    fields = form(ina.page(BANK))
    half = "# \ud83d\n"
    typed = json.dumps({"text": fields["text"] + half, "seen": fields["seen"], "seed": half})
    headers = {"X-Form-Token": ina.token, "Content-Type": "application/json"}
    look = ina.http.post(f"{BANK}/check", content=typed, headers=headers)
    assert look.status_code == 200
    assert look.json()["faults"] == []
    saved = sent(ina, BANK, {**fields, "text": fields["text"] + "# a\0b\n"}, save="yes", note="a\0b")
    assert saved.status_code == 303
    path = live.server.course.root / "quizzes" / "banks" / "words.yaml"
    assert path.read_text(encoding="utf-8").endswith("# a\ufffdb\n")


def test_a_text_that_is_refused_stays_in_the_editor(
    live: LiveHomework, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While others' texts are looked at, and where a text is too large, nothing that was typed is lost."""
    monkeypatch.setattr(editor, "LONG_WAIT", 0.01)
    ina = live.server.student(name="ina", role="instructor")
    fields = form(ina.page(BANK))
    mine = {**fields, "text": fields["text"].replace("Words", "Typed just now")}
    with editor.IN_USE:
        busy = sent(ina, BANK, mine, look="yes")
    assert busy.status_code == 503 and "Your text is below, and is not saved." in busy.text
    assert form(busy.text)["text"] == mine["text"] and form(busy.text)["seen"] == fields["seen"]
    mine["text"] += "# " + "x" * file_versions.LARGEST_TEXT
    large = sent(ina, BANK, mine, save="yes")
    assert large.status_code == 409 and form(large.text)["text"] == mine["text"]


def quiz_text(live: LiveHomework) -> str:
    """The quiz file."""
    return (live.server.course.root / "quizzes" / f"{QUIZ}.yaml").read_text(encoding="utf-8")


def test_a_text_that_never_ends_costs_only_its_own_look(live: LiveHomework) -> None:
    """A bomb of aliases ends in its own program, with a sentence; the server answers meanwhile."""
    ina = live.server.student(name="ina", role="instructor")
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    reply = ina.ask(f"{BANK}/check", {"text": "topic: x\nitems: *a11\n" + "\n".join(lines)})
    assert reply.status_code == 200 and reply.json()["faults"]
    assert ina.get("/content").status_code == 200


def test_names_stay_in_the_course(live: LiveHomework) -> None:
    """No path leads out of the folders of content; who may not edit finds nothing."""
    ina, ann = live.server.student(name="ina", role="instructor"), live.server.student(name="ann")
    for path in (
        "/content/banks/..%2f..%2fcourse",
        "/content/banks/none",
        "/content/quizzes/../course",
        "/content/pictures/../words.yaml",
        "/content/pictures/words.yaml",
        "/content/assignments/none",
    ):
        assert ina.get(path).status_code == 404, path
    for path in (BANK, "/content", f"/content/assignments/{ASSIGNMENT}"):
        assert ann.get(path).status_code == 404
    tim = live.server.student(name="tim", role="ta")
    assert tim.get("/content").status_code == 403
    assert sent(tim, BANK, {"text": "x", "seen": ""}, save="yes").status_code == 403


def test_new_work_by_two_buttons(live: LiveHomework) -> None:
    """A quiz with its bank, and an assignment from signatures, as the commands write them."""
    ina = live.server.student(name="ina", role="instructor")
    done = ina.post("/content/quizzes", name="quiz-5", title="Quiz 5")
    assert (done.status_code, done.headers["Location"]) == (303, "/content/quizzes/quiz-5")
    course = find_course(live.server.course.root)
    assert load_quiz(course, "quiz-5").quiz.title == "Quiz 5"
    assert ina.post("/content/quizzes", name="quiz-5").status_code == 409
    assert ina.post("/content/quizzes", name="../x").status_code == 409
    functions = "relu(x)\nrelu_backward(x, grad_out)"
    made = ina.post("/content/assignments", name="relus", title="ReLUs", functions=functions)
    assert made.status_code == 303, made.text
    assert "run <code>autograder lint relus" in ina.page(made.headers["Location"])
    assert (course.root / "solutions" / "relus" / "checks.py").is_file()
    for wrong in (
        {"name": "relus", "functions": "relu(x)"},
        {"name": "x", "functions": "relu("},
        {"name": "y"},
    ):
        refused = ina.post("/content/assignments", **wrong)
        assert refused.status_code == 409 and str(course.root) not in refused.text
    with live.server.database.reading() as connection:
        acts = connection.execute(select(audit.c.act, audit.c.subject).where(audit.c.who == "ina")).all()
    assert [tuple(act) for act in acts] == [("new quiz", "quiz-5"), ("new assignment", "relus")]


def test_dates_and_visibility_as_a_form(live: LiveHomework) -> None:
    """The difference first, whose own date is overtaken, then the file, its comments kept, then students."""
    ina = live.server.student(name="ina", role="instructor")
    root = live.server.course.root
    path = root / "assignments" / ASSIGNMENT / "assignment.yaml"
    path.write_text("# Dates are the dean's.\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    rules = root / "course.yaml"
    own_rule = "students: {ann: {assignments: {tiny: {due: 2030-01-01 12:00}}}}\n"
    rules.write_text(rules.read_text(encoding="utf-8") + own_rule, encoding="utf-8")
    address = f"/content/assignments/{ASSIGNMENT}"
    typed = {"form": "yes", "due": "2030-02-01 12:00", "late_per_day": "10", "feedback": "after_due"}
    shown = ina.post(address, **typed)
    assert (
        "Due: none → <strong>2030-02-01 12:00" in shown.text and "own due date of ann" in shown.text.lower()
    )
    assert "due:" not in path.read_text(encoding="utf-8")
    seen = re.findall(r'name="seen" value="(\w+)"', shown.text)[0]
    assert ina.post(address, **typed, seen=seen, save="yes").status_code == 303
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# Dates are the dean's.\n")
    assert yaml.safe_load(text)["late"] == {"per_day": 0.1}
    late = ina.post(address, **{**typed, "due": "2030-03-01"}, seen=seen, save="yes")
    assert late.status_code == 409 and "has changed this assignment since" in late.text
    for wrong in ({"due": "tomorrow"}, {"late_per_day": "200"}, {"points-double": "many"}):
        refused = ina.post(address, **wrong)
        assert refused.status_code == 409, wrong
    published = ina.post(f"{address}/publish")
    assert published.status_code == 303, published.text
    page = ina.page(f"/homework/{ASSIGNMENT}")
    assert "01 Feb 2030" in page
    with live.server.database.reading() as connection:
        act = connection.execute(select(audit).where(audit.c.act == "publish homework")).one()
    assert act.who == "ina"


def test_points_that_the_checks_do_not_have_are_not_published(live: LiveHomework) -> None:
    """The checks are code and stay: publishing says what does not add up, students keep what they have."""
    ina = live.server.student(name="ina", role="instructor")
    address = f"/content/assignments/{ASSIGNMENT}"
    seen = re.findall(r'name="seen" value="(\w+)"', ina.page(address))[0]
    typed = {"form": "yes", "points-double": "5", "seen": seen}
    assert "Points in all: 6 → <strong>7" in ina.post(address, **typed).text
    assert ina.post(address, **typed, save="yes").status_code == 303
    refused = ina.post(f"{address}/publish")
    assert refused.status_code == 409 and "Nothing was published" in refused.text and "double" in refused.text


def test_git_has_the_editors_name(live: LiveHomework) -> None:
    """A save is a commit of that file alone; what somebody has staged stays staged."""
    ina = live.server.student(name="ina", role="instructor")
    root = live.server.course.root

    def git(*words: str) -> str:
        command = ["git", "-C", str(root), "-c", "user.name=Root", "-c", "user.email=r@x.org", *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    git("init", "-q")
    (root / ".gitignore").write_text(".quizzes\n", encoding="utf-8")
    git("add", ".")
    git("commit", "-qm", "Begin")
    (root / "course.yaml").write_text("# staged\n" + (root / "course.yaml").read_text(), encoding="utf-8")
    git("add", "course.yaml")
    fields = form(ina.page(BANK))
    changed = {**fields, "text": fields["text"].replace("topic: Words", "topic: More")}
    assert sent(ina, BANK, changed, save="yes", note="More words").status_code == 303
    assert git("log", "-1", "--format=%an %s").strip() == "Ina More words"
    assert git("show", "--stat", "--format=", "HEAD").count("|") == 1
    assert git("diff", "--cached", "--name-only").strip() == "course.yaml"
    (root / ".git" / "index.lock").touch()  # of another program that has it, or that was killed
    fields = form(ina.page(BANK))
    again = sent(ina, BANK, {**fields, "text": fields["text"] + "# one more line\n"}, save="yes")
    page = ina.page(again.headers["Location"])
    assert "Saved, but git did not commit it." in page and "# one more line" in page
    assignment = f"/content/assignments/{ASSIGNMENT}"
    hidden = dict(re.findall(r'name="(seen)" value="(\w+)"', ina.page(assignment)))
    again = ina.post(assignment, **hidden, title="Other", save="yes")
    assert "Saved, but git did not commit it." in ina.page(again.headers["Location"])


LINES = st.lists(st.sampled_from("abcdef"), max_size=8).map(lambda lines: "".join(f"{x}\n" for x in lines))


@given(LINES, LINES, LINES)
def test_a_merge_loses_nothing(base: str, theirs: str, mine: str) -> None:
    """Who changed nothing gets the other's text; a line that one side added is in the merge or in a mark."""
    assert merged(base, theirs, base) == (theirs, 0)
    assert merged(base, base, mine) == (mine, 0)
    text, clashes = merged(base, theirs, mine)
    if not clashes:
        assert "<<<<" not in text
    for side in (theirs, mine):
        added = [line for line in side.splitlines() if line not in base.splitlines()]
        assert all(line in text.splitlines() for line in added)


KEYS = st.sampled_from(["title", "due", "late", "points"])


@given(KEYS, st.one_of(st.integers(0, 9), st.text("abc #:'\"-", min_size=1, max_size=12)))
def test_one_value_changes_and_no_other(key: str, value: object) -> None:
    """What is read afterwards is the same but for that key; the comments are all there."""
    text = "# one\ntitle: 'A'  # two\n\npoints: 6\ntasks:\n  - {id: a}  # three\n"
    new = with_values(text, {(key,): value})
    assert yaml.safe_load(new) == {**yaml.safe_load(text), key: value}
    assert all(comment in new for comment in ("# one", "# two", "# three"))


TYPED = st.dictionaries(
    st.sampled_from(["title", "due", "late_per_day", "grace_minutes", "points-double", "burst", "limited"]),
    st.text("0123456789.,-: abyes\n", max_size=16),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TYPED)
def test_whatever_is_typed_is_a_file_or_a_sentence(typed: dict[str, str]) -> None:
    """No form makes an assignment that cannot be read; what was read back is what the form shows."""
    from tiny_course import ASSIGNMENT_YAML

    try:
        new = changed_assignment(ASSIGNMENT_YAML, ASSIGNMENT, typed)
    except AutograderError as problem:
        assert problem.message and problem.next_step
        return
    again = values_of(file_of(new, ASSIGNMENT))
    assert changed_assignment(new, ASSIGNMENT, again) == new


@pytest.mark.parametrize("name", ["late_per_day", "points-double"])
def test_digits_joined_by_an_underscore_are_not_a_number(name: str) -> None:
    """1_0 is mistyped, not 10 as Python reads it."""
    from tiny_course import ASSIGNMENT_YAML

    assert name in values_of(file_of(ASSIGNMENT_YAML, ASSIGNMENT))
    with pytest.raises(AutograderError, match="“1_0” is not a number"):
        changed_assignment(ASSIGNMENT_YAML, ASSIGNMENT, {name: "1_0"})


def test_the_commands_make_the_same(live: LiveHomework) -> None:
    """`autograder publish --author` is what the button does."""
    done = autograder("publish", ASSIGNMENT, "--author", "ina", folder=live.server.course.root)
    assert done.returncode == 0, done.stderr
    with live.server.database.reading() as connection:
        acts = connection.execute(select(audit.c.who).where(audit.c.act == "publish homework"))
        assert acts.scalars().all() == ["ina"]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 50_000,
        "\n".join(["a0: &a0 {x: 1}", *(f"a{n}: &a{n} {{<<: [{f'*a{n - 1}, ' * 20}]}}" for n in range(1, 9))]),
        "topic: 'Words",
        f"topic: {'9' * 5000}",
        "title: Words\npoints: 1e999999999\nopens: 2026-13-45\nquestions: []",
    ],
    ids=["nested", "repeated", "no end", "digits", "numbers"],
)
def test_a_hostile_draft_harms_no_page(live: LiveHomework, text: str) -> None:
    """A text is saved with any fault, and every page that reads the file says so or shows what it can."""
    ina = live.server.student(name="ina", role="instructor")
    for path in (BANK, f"/content/quizzes/{QUIZ}"):
        saved = sent(ina, path, {**form(ina.page(path)), "text": text}, save="yes")
        assert saved.status_code == 303
    pages = ["/", "/content", BANK, f"/content/quizzes/{QUIZ}", "/settings/new-term", "/quiz-files"]
    pages += ["/banks", f"/staff/{QUIZ}", f"/staff/{QUIZ}/regrades", f"/quiz-files/{QUIZ}"]
    answers = {path: ina.get(path).status_code for path in pages}
    answers |= {path: ina.post(path).status_code for path in (f"/quiz-files/{QUIZ}/publish",)}
    assert {path: status for path, status in answers.items() if status >= 500} == {}
    shown = ina.get("/settings/new-term")
    assert shown.status_code == 409 and "line" in shown.text
