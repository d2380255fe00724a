"""Reads one question of Moodle XML into an item."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from html import unescape
from typing import Any
from urllib.parse import unquote

from bs4 import BeautifulSoup, Tag

from quizzes.content.marking.choice import ChoiceRule
from quizzes.content.marking.order import OrderRule
from quizzes.interchange import answers
from quizzes.interchange.answers import Answer, Notes, number_in
from quizzes.interchange.concrete import number_text
from quizzes.interchange.html_markup import LeftOut
from quizzes.interchange.moodle.calculated import Calculated, calculated
from quizzes.interchange.moodle.cloze import GAP, Gap, gaps_in
from quizzes.interchange.moodle.nodes import content_of, ignore, value_of
from quizzes.interchange.package import Picture
from quizzes.interchange.source_text import (
    BankPictures,
    decoded,
    form_named,
    html_from,
    needed_text,
    other_text,
    unescaped_plain,
)
from quizzes.interchange.tracked_xml import Node, check_all_read

__all__ = ["WITHOUT_EFFECT", "ReadItem", "item_of"]


FILES = "@@PLUGINFILE@@/"
STANDARD = {  # feedback that Moodle puts into every question
    *("your answer is correct", "your answer is partially correct", "your answer is incorrect"),
    *("die antwort ist richtig", "die antwort ist teilweise richtig", "die antwort ist falsch"),
    *(
        "votre réponse est correcte",
        "votre réponse est partiellement correcte",
        "votre réponse est incorrecte",
    ),
    *("respuesta correcta", "respuesta parcialmente correcta", "respuesta incorrecta"),
    *("risposta corretta", "risposta parzialmente esatta", "risposta errata"),
    *("sua resposta está correta", "sua resposta está parcialmente correta", "sua resposta está incorreta"),
    *("je antwoord is correct", "je antwoord is gedeeltelijk correct", "je antwoord is onjuist"),
}
COMBINED = ("correctfeedback", "partiallycorrectfeedback", "incorrectfeedback")
# What Moodle reads in questions of other kinds, or writes and does not read: no effect on this one.
WITHOUT_EFFECT = (
    *("answernumbering", "shownumcorrect", "showstandardinstruction", "correctresponsesfeedback", "length"),
    *("stamp", "version", "hidden", "single", "shuffleanswers", "usecase", "synchronize", "coursetags"),
    *("unitgradingtype", "unitpenalty", "showunits", "unitsleft", "units", "instructions", "image"),
    *(
        "questiontextformat",
        "generalfeedbackformat",
        "penalty",
        "numberingstyle",
        "showgrading",
        "layouttype",
    ),
    *("responsefieldlines", "responserequired", "hint", *COMBINED),
)
HARMLESS = {"*": ("space", "lang")}
NO_COUNTERPART = {
    "description": "it only shows a text; put it into the quiz's instructions",
    "random": "it draws another question; draw from the bank in the quiz instead",
    "randomsamatch": "it draws its pairs from short-answer questions",
    "ddmarker": "it asks to drag markers onto a picture",
    "ddimageortext": "it asks to drag texts onto a picture",
    "coderunner": "it runs code; write a function item instead",
    "stack": "it is a STACK question, which a computer algebra system marks",
}


@dataclass
class ReadItem:
    """An item, what was lost of it, and what concerns its quiz or the whole file."""

    data: dict[str, Any]
    pictures: list[Picture]
    ident: str
    tags: list[str]
    points: str
    hints: bool
    losses: list[str]
    general: list[str]


@dataclass
class Question:
    """A question while it is read."""

    node: Node
    pictures: BankPictures
    notes: Notes = field(default_factory=Notes)
    images: list[Picture] = field(default_factory=list)
    general: list[str] = field(default_factory=list)
    form: str = "html"
    values: Calculated | None = None  # of a calculated question
    explanation_html: str | None = None  # where a reader has taken a part of it

    def needed(self, holder: Node) -> str:
        """A text that students need, as Markdown."""
        return self._with_values(needed_text(self.html(holder, self.form), self.notes))

    def other(self, holder: Node | None) -> str:
        """A feedback or explanation, as Markdown."""
        if holder is None:
            return ""
        html = self.html(holder, self.form)
        if FILES in html:
            soup = BeautifulSoup(html, "html.parser")
            for tag in soup.find_all("a", href=re.compile(re.escape(FILES))):
                self.notes.lost(f"A file was left out: {tag.get_text().strip() or 'without a name'}.")
                tag.unwrap()
            html = str(soup)
        return self._with_values(other_text(html, self.notes))

    def explanation(self) -> str:
        """The general feedback, as Markdown."""
        if self.explanation_html is not None:
            return other_text(self.explanation_html, self.notes)
        return self.other(self.node.take_first("generalfeedback"))

    def prompt_html(self, default: str = "") -> str:
        """The question's text as HTML, its pictures taken out."""
        holder = self.node.take_first("questiontext")
        if holder is None:
            return default
        self.form = form_named(holder.get("format") or "html")
        html, images = self.pictures.taken_from(self.html(holder, self.form), _finder(holder, self.node))
        self.images += images
        return html

    def markdown(self, html: str) -> str:
        """HTML of the prompt as Markdown."""
        return self._with_values(needed_text(html, self.notes))

    def _with_values(self, markdown: str) -> str:
        return markdown if self.values is None else self.values.shown_in(markdown)

    def html(self, holder: Node, default: str) -> str:
        """A text with its format as HTML."""
        named = holder.get("format")
        form = form_named(named) if named else default
        inner = holder.take_first("text")
        text = holder.own_text.strip() if inner is None else content_of(inner)
        holder.take("file")
        if self.values is not None:
            text = self.values.held_in(text)
        return html_from(text, form)

    def answers(self, shown: bool) -> list[Answer]:
        """The answers; `shown` says whether they are options with markup, or plain texts."""
        return [self.answer(node, shown) for node in self.node.take("answer")]

    def answer(self, node: Node, shown: bool) -> Answer:
        """One answer."""
        node.get("format")
        share = share_of(node.get("fraction") or "0")
        if (fraction := value_of(node, "fraction")) and not shown:  # as Moodle 1.5 wrote it
            share = share_of(fraction) * 100
        if shown:
            text = self.needed(node)
        else:
            text = value_of(node, "text") or node.own_text.strip()
            node.take("file")
        tolerance = (
            number_in(value_of(node, "tolerance", "0")) if node.take_first("tolerance") else Decimal(0)
        )
        return Answer(text, share, self.other(node.take_first("feedback")), tolerance)

    def combined(self) -> tuple[str, str]:
        """Feedback on right and on wrong answers as a whole, unless it is the one every question has."""
        found = {}
        for name in COMBINED:
            text = self.other(self.node.take_first(name)).strip()
            plain = unescaped_plain(text).casefold()
            if plain in STANDARD:
                self.general.append("Moodle's standard feedback on right and wrong answers was left out")
                text = ""
            found[name] = text
        if found["partiallycorrectfeedback"]:
            self.notes.lost(
                f"Feedback on partly right answers was lost: “{found['partiallycorrectfeedback']}”."
            )
        ignore(self.node, "shownumcorrect", "correctresponsesfeedback")
        return found["correctfeedback"], found["incorrectfeedback"]

    def combined_elsewhere(self) -> None:
        """The same where options have no feedback of their own."""
        right, wrong = self.combined()
        self.notes.for_right += [right] if right else []
        if wrong:
            self.notes.lost(f"Feedback on wrong answers was lost: “{wrong}”.")


def share_of(text: str) -> Decimal:
    """A share of the points from per cent; raises LeftOut for anything but a number."""
    try:
        value = Decimal(text.replace(",", ".").strip()) / 100
    except InvalidOperation:
        raise LeftOut(f"its points, “{text[:20]}”, are not a number") from None
    if not value.is_finite() or abs(value) > 100:
        raise LeftOut(f"its points, “{text[:20]}”, are not a share")
    return value


def _finder(holder: Node, question: Node) -> Callable[[str], bytes | None]:
    files = {
        (file.get("path").strip("/") + "/" + file.get("name")).lstrip("/"): file
        for file in holder.take("file")
    }
    for file in files.values():
        file.get("encoding")
    old_name, old_data = value_of(question, "image"), value_of(question, "image_base64")

    def find(source: str) -> bytes | None:
        if not source.startswith(FILES):
            return None
        name = unquote(source.removeprefix(FILES)).split("?")[0].lstrip("/")
        if name in files:
            return decoded(content_of(files[name]))
        return decoded(old_data) if old_data and name == old_name.rpartition("/")[2] else None

    return find


def item_of(node: Node, kind: str, pictures: BankPictures) -> ReadItem:
    """The item of a question; raises LeftOut if there is none."""
    read = READERS.get(kind)
    if read is None:
        why = NO_COUNTERPART.get(kind, f"questions of the type “{kind[:40]}” have no counterpart here")
        raise LeftOut(why)
    question = Question(node, pictures)
    ignore(node, "name", "defaultgrade")
    data = read(question)
    general = question.explanation()
    tags = [value_of(tag, "text") for holder in node.take("tags") for tag in holder.take("tag")]
    ident = value_of(node, "idnumber")
    if ident and not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,80}", ident):
        ident = ""
    hints = any(value_of(hint, "text") or value_of(hint, "hintcontent") for hint in node.take("hint"))
    ignore(node, "hint")
    points = value_of(node, "defaultgrade")
    check_all_read(node, WITHOUT_EFFECT, HARMLESS, question.notes.lost)
    if not data["prompt"].strip():
        raise LeftOut("its text is empty")
    explanation = answers.explanation(general, question.notes)
    values = question.values.keys() if question.values is not None else {}
    return ReadItem(
        {**data, "explanation": explanation, **values},
        question.images,
        ident,
        tags,
        points,
        hints,
        question.notes.losses,
        list(dict.fromkeys(question.general)),
    )


def _multichoice(question: Question) -> dict[str, Any]:
    prompt = question.markdown(question.prompt_html())
    single = _truth(value_of(question.node, "single", "true"))
    shuffle = _truth(value_of(question.node, "shuffleanswers", "false"))
    right, wrong = question.combined()
    options = question.answers(shown=True)
    if single:  # whoever chose a right option gets the one feedback, all others the other
        options = [
            Answer(
                option.text,
                option.share,
                "\n\n".join(filter(None, [option.feedback, right if option.is_full else wrong])),
            )
            if option.text.strip()
            else option
            for option in options
        ]
    else:
        _report_combined(question, right, wrong)
    data = answers.choice(options, single=single, shuffle=shuffle, notes=question.notes)
    return {"prompt": prompt, **data}


def _report_combined(question: Question, right: str, wrong: str) -> None:
    for text, what in ((right, "right"), (wrong, "wrong")):
        if text:
            question.notes.lost(f"Feedback on {what} answers as a whole was lost: “{text}”.")


def _multichoiceset(question: Question) -> dict[str, Any]:
    """All or nothing: an add-on of Moodle."""
    prompt = question.markdown(question.prompt_html())
    shuffle = _truth(value_of(question.node, "shuffleanswers", "false"))
    _report_combined(question, *question.combined())
    options = question.answers(shown=True)
    if any(option.is_partial or option.share < 0 for option in options):
        raise LeftOut("its options have other points than all or nothing")
    right = sum(option.is_full for option in options) or 1
    shared = [
        Answer(option.text, Decimal(1) / right if option.is_full else -Decimal(1) / right, option.feedback)
        for option in options
    ]
    data = answers.choice(shared, single=False, shuffle=shuffle, notes=question.notes)
    return {"prompt": prompt, **data, "rule": ChoiceRule.OFF.value}


def _truth(text: str) -> bool:
    return text.strip().lower() not in ("false", "0", "")


def _true_false(question: Question) -> dict[str, Any]:
    data = {"prompt": question.markdown(question.prompt_html())}
    nodes = question.node.take("answer")
    feedback, truths = {"true": "", "false": ""}, {}
    named = {value_of(node, "text").lower() for node in nodes} <= {"true", "false"}
    for node, position in zip(nodes, ("true", "false", "", ""), strict=False):
        answer = question.answer(node, shown=False)
        name = answer.text.lower() if named else position
        if name not in feedback or name in truths:
            raise LeftOut("its answers are not one true and one false")
        truths[name], feedback[name] = answer, answer.feedback
    right = [name for name, answer in truths.items() if answer.is_full]
    if len(nodes) != 2 or len(right) != 1 or any(answer.is_partial for answer in truths.values()):
        raise LeftOut("its answers are not one that is right and one that is wrong")
    if not named:
        question.notes.lost("Its answers are not named true and false; the first was taken for true.")
    return data | answers.true_false(right[0] == "true", feedback["true"], feedback["false"], question.notes)


def _short_answer(question: Question) -> dict[str, Any]:
    match_case = _truth(value_of(question.node, "usecase", "0"))
    prompt = question.markdown(question.prompt_html())
    data = answers.short_text(question.answers(shown=False), match_case=match_case, notes=question.notes)
    return {"prompt": prompt, **data}


def _numerical(question: Question) -> dict[str, Any]:
    prompt = question.markdown(question.prompt_html()) + units_in(question)
    return {
        "prompt": prompt,
        "type": "numeric",
        **answers.number_key(question.answers(shown=False), question.notes),
    }


def units_in(question: Question) -> str:
    """What the prompt says about the unit; raises LeftOut where a unit earns points."""
    node = question.node
    instructions = node.take_first("instructions")
    words = question.other(instructions).strip() if instructions is not None else ""
    units = [unit for holder in node.take("units") for unit in holder.take("unit")]
    named = [(value_of(unit, "unit_name"), number_in(value_of(unit, "multiplier", "1"))) for unit in units]
    marked = value_of(node, "unitgradingtype", "0") not in ("", "0")
    ignore(node, "unitpenalty", "showunits", "unitsleft")
    sentence = f"\n\n{words}" if words else ""
    if not named:
        return sentence
    if marked:
        raise LeftOut("its unit earns points of its own")
    base = next((name for name, factor in named if factor == 1), None)
    if base is None:
        raise LeftOut("none of its units is the one that its number is in")
    question.notes.lost(f"Units cannot be typed here: the prompt asks for the number in {base}.")
    return f"{sentence}\n\nGive the number in {escaped_word(base)}, without the unit."


def escaped_word(text: str) -> str:
    """A word that Markdown shows as it is."""
    return re.sub(r"([\\`*_{}\[\]<>$#&|~])", r"\\\1", " ".join(text.split()))


def _matching(question: Question) -> dict[str, Any]:
    prompt = question.markdown(question.prompt_html())
    question.combined_elsewhere()
    pairs = []
    for node in question.node.take("subquestion"):
        partner = node.take_first("answer")
        right, form = "", "plain"
        if partner is not None:
            right = value_of(partner, "text") or partner.own_text.strip()
            form = form_named(partner.get("format") or "plain")
        pairs.append((question.needed(node), needed_text(html_from(right, form), question.notes)))
    return {"prompt": prompt, **answers.matching(pairs, question.notes)}


GRADING = {
    "ALL_OR_NOTHING": OrderRule.EXACT,
    "ABSOLUTE_POSITION": OrderRule.POSITION,
    "LONGEST_ORDERED_SUBSET": OrderRule.LCS,
    "ABSOLUTE": OrderRule.POSITION,
    "-1": OrderRule.EXACT,
    "0": OrderRule.POSITION,
    "5": OrderRule.LCS,
}


def _ordering(question: Question) -> dict[str, Any]:
    node = question.node
    prompt = question.markdown(question.prompt_html())
    ignore(node, "layouttype", "showgrading", "numberingstyle", "studentsee", "logical")
    if value_of(node, "selecttype", "ALL").upper() not in ("ALL", "0", "EXACT"):
        raise LeftOut("each student gets other entries of it to order")
    ignore(node, "selectcount")
    grading = value_of(node, "gradingtype").upper()
    rule = GRADING.get(grading)
    if rule is None:
        rule = OrderRule.POSITION
        name = grading.lower().replace("_", " ") or "that the file does not name"
        question.notes.lost(f"Partial credit by the rule {name} became a share for each entry in its place.")
    elif rule is OrderRule.LCS:
        question.notes.lost("A single entry in the right order earns nothing here.")
    question.combined_elsewhere()
    entries, places = [], []
    for answer_node in node.take("answer"):
        places.append(answer_node.get("fraction"))
        entries.append(question.needed(answer_node))
        if question.other(answer_node.take_first("feedback")).strip():
            question.notes.lost("Feedback on an entry was lost.")
    numbers = [share_of(place) for place in places if place]
    if len(set(numbers)) == len(entries) and numbers != sorted(numbers):
        raise LeftOut("its entries and their numbers stand in different orders")
    if len(set(entries)) < len(entries):
        raise LeftOut("two of its entries are the same")
    if not 2 <= len(entries) <= answers.MOST_OPTIONS:
        raise LeftOut(f"it has {len(entries)} entries; from 2 to {answers.MOST_OPTIONS} can be ordered")
    return {"prompt": prompt, "type": "ordering", "entries": entries, "rule": rule.value}


def _essay(question: Question) -> dict[str, Any]:
    node = question.node
    prompt = question.markdown(question.prompt_html())
    if value_of(node, "responseformat", "editor") == "noinline":
        raise LeftOut("it asks for a file only")
    if _count(value_of(node, "attachmentsrequired", "0")):
        raise LeftOut("it asks for a file")
    if _count(value_of(node, "attachments", "0")):
        question.notes.lost("Files cannot be attached to the text.")
    for answer in node.take("answer"):  # Moodle 1.9 wrote an empty one
        if question.other(answer.take_first("feedback")).strip():
            question.notes.lost("Feedback on an answer was lost.")
        answer.use_all()
    ignore(node, "maxbytes", "filetypeslist", "responsefieldlines", "responserequired")
    if _count(value_of(node, "minwordlimit", "0")):
        question.notes.lost(f"That the text has at least {value_of(node, 'minwordlimit')} words was lost.")
    template = node.take_first("responsetemplate")
    if template is not None and (words := question.needed(template).strip()):
        prompt += f"\n\n{words}"
        question.notes.lost("The text to begin with became part of the prompt.")
    rubric = _rubric(question, node.take_first("graderinfo"))
    data = {"prompt": prompt, **answers.essay(_model_answer(question), rubric, question.notes)}
    most = _count(value_of(node, "maxwordlimit", "0"))
    return data | ({"most_words": most} if 1 <= most <= 5000 else {})


def _count(text: str) -> int:
    return int(text) if re.fullmatch(r"-?\d{1,9}", text.strip()) else 0


def _rubric(question: Question, holder: Node | None) -> list[dict[str, Any]]:
    """The criteria that our own export has written, else the notes for graders as one criterion."""
    if holder is None:
        return []
    words = question.other(holder).strip()
    lines = [re.fullmatch(r"[-*] (.*) \\?\((\d{1,3})\\?\)", line) for line in words.splitlines()]
    if lines and all(lines):
        return [{"text": line[1], "weight": int(line[2])} for line in lines if line]
    return [{"text": words}] if words else []


def _model_answer(question: Question) -> str:
    """The model answer that our own export put into the general feedback, which loses it."""
    holder = question.node.take_first("generalfeedback")
    html = "" if holder is None else question.html(holder, question.form)
    match = re.search(r'<div class="model-answer">(.*)</div>\s*$', html, re.DOTALL)
    if match is None:
        return ""
    question.explanation_html = html[: match.start()]
    return other_text(match[1], question.notes)


def _cloze(question: Question) -> dict[str, Any]:
    html, gaps = gaps_in(question.prompt_html())
    if not gaps:
        raise LeftOut("it has no gap to fill in")
    soup = BeautifulSoup(html, "html.parser")
    labels = _labels_of_list(soup, len(gaps))
    prompt = question.markdown(str(soup) if labels else html)
    blanks, wrong_shares = [], []
    for number, gap in enumerate(gaps, start=1):
        label = question.markdown(labels[number - 1]) if labels else f"\\[{number}\\]"
        blank, wrong = _blank_of_gap(question, gap, label)
        blanks.append({"id": f"blank-{number}", "label": label or f"\\[{number}\\]", **blank})
        wrong_shares += [wrong] if wrong else []
        prompt = prompt.replace(GAP.format(number), f"\\[{number}\\]")
    return {"prompt": prompt or "Fill in.", **blanks_item(blanks, wrong_shares, question.notes)}


def blanks_item(
    blanks: list[dict[str, Any]], wrong_shares: list[set[Decimal]], notes: Notes
) -> dict[str, Any]:
    """An item of several blanks, with a penalty if every wrong option takes the same."""
    if len(blanks) > answers.MOST_OPTIONS:
        raise LeftOut(f"it has {len(blanks)} gaps; at most {answers.MOST_OPTIONS} can be shown")
    data: dict[str, Any] = {"type": "blanks", "blanks": blanks}
    shares = set().union(*wrong_shares)
    if len(shares) == 1 and Decimal(-1) <= (share := next(iter(shares))) < 0:
        data["penalty"] = number_text(-share)
    elif any(share < 0 for share in shares):
        notes.lost("Wrong options of a gap took points away; here they take nothing.")
    return data


def _labels_of_list(soup: BeautifulSoup, gaps: int) -> list[str]:
    """The labels, as HTML, if the text ends with a list in which each line ends with one gap; removes it."""
    lists = soup.find_all("ul")
    last = lists[-1] if lists else None
    if not isinstance(last, Tag) or any(
        str(text).strip() for text in last.find_all_next(string=True) if last not in text.parents
    ):
        return []
    labels = []
    for number, line in enumerate(last.find_all("li", recursive=False), start=1):
        match = re.fullmatch(rf"(.*?):?\s*{GAP.format(number)}\s*", line.decode_contents(), re.DOTALL)
        if match is None or "\ue002" in match[1] or not match[1].strip():
            return []
        labels.append(match[1])
    if len(labels) != gaps:
        return []
    last.decompose()
    return labels


def _blank_of_gap(question: Question, gap: Gap, label: str) -> tuple[dict[str, Any], set[Decimal]]:
    """A blank's keys without its id and label, and the shares of its wrong options."""
    if not 1 <= gap.weight <= 100:
        raise LeftOut(f"a gap counts {gap.weight}; from 1 to 100 is possible here")
    notes = Notes()
    weight = {"weight": gap.weight} if gap.weight != 1 else {}
    where = f"Gap {label}: "
    if gap.kind in ("list", "options"):
        options = [
            Answer(
                _option(alternative.text, question),
                alternative.share,
                other_text(alternative.feedback, notes),
            )
            for alternative in gap.alternatives
        ]
        data, wrong = _list_blank(options)
        if any(option.feedback.strip() for option in options):
            question.notes.lost(f"{where}feedback on its options was lost.")
        return {**weight, **data}, wrong
    texts = [
        Answer(
            alternative.text,
            alternative.share,
            other_text(alternative.feedback, notes),
            number_in(alternative.tolerance),
        )
        for alternative in gap.alternatives
    ]
    if gap.kind == "number":
        data = answers.number_key(texts, notes)
    else:
        data = answers.short_text(texts, match_case=gap.kind == "exact text", notes=notes)
        if "pattern" in data:
            raise LeftOut("an answer of a gap has a *")
        if data.pop("common_wrong", None):
            notes.lost("feedback on wrong answers was lost.")
        del data["type"]
    if any(notes.for_right):
        notes.lost("feedback on the right answer was lost.")
    question.notes.losses += [f"{where}{loss}" for loss in notes.losses]
    return {**weight, **data}, set()


def _option(text: str, question: Question) -> str:
    try:
        return needed_text(unescape(text), question.notes)
    except LeftOut:
        return needed_text(text, question.notes)


def _list_blank(options: list[Answer]) -> tuple[dict[str, Any], set[Decimal]]:
    options = [option for option in options if option.text.strip()]
    if any(option.is_partial for option in options):
        raise LeftOut("points differ by option in a gap")
    right = [option.text for option in options if option.is_full]
    if len(right) != 1:
        raise LeftOut(f"{len(right) or 'none'} of a gap's options {'are' if right else 'is'} right")
    texts = [*right, *(option.text for option in options if not option.is_full)]
    if len(set(texts)) < len(texts) or len(texts) < 2:
        raise LeftOut("a gap's options are not two or more different ones")
    wrong = {option.share for option in options if not option.is_full}
    if set(texts) == {"True", "False"}:
        return {"truth": right[0] == "True"}, wrong
    return {"options": texts}, wrong


def _select_words(question: Question) -> dict[str, Any]:
    """Select missing words, and drag and drop into text: `[[2]]` stands for the second choice."""
    node = question.node
    html = question.prompt_html()
    _report_combined(question, *question.combined())
    ignore(node, "shuffleanswers")
    words = []
    for choice in [*node.take("selectoption"), *node.take("dragbox")]:
        text = html_from(value_of(choice, "text"), "html" if choice.tag == "dragbox" else "plain")
        words.append((needed_text(text, question.notes), value_of(choice, "group", "1")))
        ignore(choice, "infinite")
    gaps = [int(number) for number in re.findall(r"\[\[(\d{1,3})\]\]", html)]
    if not gaps or not all(1 <= gap <= len(words) for gap in gaps):
        raise LeftOut("its gaps and its words do not fit together")
    held = re.sub(r"\[\[\d{1,3}\]\]", "\ue002\ue003", html)
    prompt, blanks = question.markdown(held), []
    for number, gap in enumerate(gaps, start=1):
        word, group = words[gap - 1]
        others = [text for text, of_group in words if of_group == group and text != word]
        if not others:
            raise LeftOut("a gap has only one word to choose from")
        options = list(dict.fromkeys([word, *others]))
        blanks.append({"id": f"blank-{number}", "label": f"\\[{number}\\]", "options": options})
        prompt = prompt.replace("\ue002\ue003", f"\\[{number}\\]", 1)
    return {"prompt": prompt, **blanks_item(blanks, [], question.notes)}


def _calculated(question: Question) -> dict[str, Any]:
    values = question.values = calculated(question.node)
    node = question.node
    prompt = question.markdown(question.prompt_html()) + units_in(question)
    ignore(node, "synchronize", "single", "answernumbering", "shuffleanswers")
    question.combined_elsewhere()
    found, forms = [], []
    for answer_node in node.take("answer"):
        values.form = _form_of(answer_node)
        answer = question.answer(answer_node, shown=False)
        found.append((answer, value_of(answer_node, "tolerancetype", "1")))
        forms += [values.form] if answer.is_full else []
    values.form = ("", "")
    return {
        "prompt": prompt,
        "type": "numeric",
        **values.number(found, (forms or [("", "")])[0], question.notes),
    }


def _form_of(answer: Node) -> tuple[str, str]:
    """The format and the length of an answer's numbers."""
    return value_of(answer, "correctanswerformat"), value_of(answer, "correctanswerlength")


def _calculated_choice(question: Question) -> dict[str, Any]:
    question.values = calculated(question.node)
    node = question.node
    prompt = question.markdown(question.prompt_html())
    ignore(node, "synchronize", "answernumbering", "units", "instructions")
    options = []
    for answer in node.take("answer"):
        question.values.form = (
            value_of(answer, "correctanswerformat"),
            value_of(answer, "correctanswerlength"),
        )
        options.append(question.answer(answer, shown=True))
        ignore(answer, "tolerance", "tolerancetype")
    question.values.form = ("", "")
    single = _truth(value_of(node, "single", "true"))
    right, wrong = question.combined()
    _report_combined(question, right, wrong)
    shuffle = _truth(value_of(node, "shuffleanswers", "false"))
    return {"prompt": prompt, **answers.choice(options, single=single, shuffle=shuffle, notes=question.notes)}


READERS: dict[str, Callable[[Question], dict[str, Any]]] = {
    "multichoice": _multichoice,
    "multichoiceset": _multichoiceset,
    "truefalse": _true_false,
    "shortanswer": _short_answer,
    "numerical": _numerical,
    "matching": _matching,
    "match": _matching,
    "ddmatch": _matching,
    "ordering": _ordering,
    "essay": _essay,
    "cloze": _cloze,
    "multianswer": _cloze,
    "gapselect": _select_words,
    "ddwtos": _select_words,
    "calculated": _calculated,
    "calculatedsimple": _calculated,
    "calculatedmulti": _calculated_choice,
}
