"""Runs the marking of QTI 1.2 items: conditions on responses that set points and show feedback."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from quizzes.interchange.answer_keys import Evaluated, Response, check_size
from quizzes.interchange.html_markup import LeftOut, Lost
from quizzes.interchange.ranges import decimal_of, swapped_range
from quizzes.interchange.tracked_xml import Node

__all__ = ["Marking"]


Responses = Mapping[str, Response]
Test = Callable[[Responses, bool], bool]  # takes what was answered, and whether an earlier condition held
COMPARED: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "vargte": lambda value, bound: value >= bound,
    "vargt": lambda value, bound: value > bound,
    "varlte": lambda value, bound: value <= bound,
    "varlt": lambda value, bound: value < bound,
}
LOWER, UPPER = ("vargte", "vargt"), ("varlte", "varlt")


@dataclass(frozen=True)
class _Change:
    """What a condition does to a variable."""

    variable: str
    action: str
    value: Fraction | None  # None: the most that the variable may be


@dataclass(frozen=True)
class _Rule:
    test: Test
    changes: Sequence[_Change]
    shows: frozenset[str]
    goes_on: bool
    about: frozenset[str]  # the responses that it looks at


class Marking:
    """The conditions of an item, ready to be run; `constants` are what they compare a response with.

    Raises LeftOut for a condition that is not known here.
    """

    def __init__(self, item: Node, lost: Lost, ordered: Collection[str] = ()) -> None:
        """`ordered` are the responses whose values have an order."""
        self.lost, self._ordered = lost, ordered
        self.orders: dict[str, list[Response]] = {}  # that conditions name as a whole
        self.places: dict[str, dict[int, str]] = {}  # what conditions name for each place
        self._first_index = 0 if any(node.get("index") == "0" for node in item.all("varequal")) else 1
        self.constants: dict[str, list[str]] = {}
        self.bounds: dict[str, list[Decimal]] = {}  # of the conditions that compare numbers
        self._least: dict[str, Fraction] = {}
        self._most: dict[str, Fraction] = {}
        self._start: dict[str, Fraction] = {}
        self._rules: list[_Rule] = []
        self._about: set[str] = set()
        blocks = item.take("resprocessing")
        check_size(blocks)
        for block in blocks:
            block.get("scoremodel")
            for outcomes in block.take("outcomes"):
                self._declare(outcomes)
            self._rules += [self._rule(condition) for condition in block.take("respcondition")]
        self._variable = self._scored_variable()
        scoring = [rule for rule in self._rules if rule.changes]
        # Where each rule speaks of another part, a part's points are added, even if they are "set".
        self._adds_parts = len({rule.about for rule in scoring}) > 1 and all(
            len(rule.about) == 1 for rule in scoring
        )

    @property
    def gives_points(self) -> bool:
        """Whether any condition can give points."""
        return any(
            change.variable == self._variable and (change.value is None or change.value > 0)
            for rule in self._rules
            for change in rule.changes
        )

    def __call__(self, responses: Responses) -> Evaluated:
        """The points and the feedback of an answer."""
        if len(responses) == 1:  # a condition that names no response means the only one
            responses = {**responses, "": next(iter(responses.values()))}
        values = dict(self._start)
        shown: set[str] = set()
        has_held = False
        for rule in self._rules:
            if not rule.test(responses, has_held):
                continue
            has_held = has_held or bool(rule.changes)
            shown |= rule.shows
            for change in rule.changes:
                values[change.variable] = self._changed(values.get(change.variable, Fraction(0)), change)
            if not rule.goes_on and not self._adds_parts:
                break
        return Evaluated(self._clipped(values.get(self._variable, Fraction(0))), frozenset(shown))

    def _clipped(self, value: Fraction) -> Fraction:
        if self._variable in self._least:
            value = max(value, self._least[self._variable])
        if self._variable in self._most:
            value = min(value, self._most[self._variable])
        return value

    def _changed(self, old: Fraction, change: _Change) -> Fraction:
        value = self._most.get(change.variable, Fraction(100)) if change.value is None else change.value
        match change.action:
            case "set":
                return old + value if self._adds_parts else value
            case "add":
                return old + value
            case "subtract":
                return old - value
            case "multiply":
                return old * value
            case "divide" if value:
                return old / value
        raise LeftOut(f"its points are changed by “{change.action}”, which is not known here")

    def _declare(self, outcomes: Node) -> None:
        for variable in outcomes.take("decvar"):
            variable.get("vartype"), variable.get("members"), variable.get("cutvalue")
            name = variable.get("varname", "SCORE") or "SCORE"
            for attribute, kept in (
                ("minvalue", self._least),
                ("maxvalue", self._most),
                ("defaultval", self._start),
            ):
                if (value := decimal_of(variable.get(attribute))) is not None:
                    kept[name] = Fraction(value)

    def _scored_variable(self) -> str:
        names = list(dict.fromkeys(change.variable for rule in self._rules for change in rule.changes))
        if "SCORE" in names or not names:
            return "SCORE"
        if len(names) > 1:
            raise LeftOut(f"its points are kept under several names: {', '.join(names)}")
        return names[0]

    def _rule(self, condition: Node) -> _Rule:
        condition.get("title")
        self._about = set()
        tests = [self._all(variables) for variables in condition.take("conditionvar")]
        changes = [self._change(node) for node in condition.take("setvar")]
        shows = set()
        for display in condition.take("displayfeedback"):
            display.get("feedbacktype")
            shows.add(display.get("linkrefid"))
        for comment in condition.take("qticomment"):
            comment.use_all()
        # Systems that add points for each part say "No" as well, and go on all the same.
        is_final = any(change.action == "set" for change in changes)
        goes_on = condition.is_set("continue") or not is_final
        return _Rule(
            lambda responses, has_held: all(test(responses, has_held) for test in tests),
            changes,
            frozenset(shows),
            goes_on,
            frozenset(self._about),
        )

    def _change(self, node: Node) -> _Change:
        name = node.get("varname") or node.get("variablename") or "SCORE"
        action = node.get("action", "Set").lower() or "set"
        text = node.text
        if text.upper() == f"{name.upper()}.MAX":
            return _Change(name, action, None)
        value = decimal_of(text)
        if value is None:
            raise LeftOut(f"its points are “{text}”, which is not a number")
        return _Change(name, action, Fraction(value))

    def _all(self, variables: Node) -> Test:
        """Everything must hold; but several texts for one response are alternatives, as systems mean them."""
        nodes = variables.take()
        self._check_range(variables, nodes)
        if (order := self._order(nodes)) is not None:
            return order
        tests = [self._test(node) for node in nodes]
        respondents = {node.get("respident") for node in nodes}
        if len(nodes) > 1 and {node.tag for node in nodes} == {"varequal"} and len(respondents) == 1:
            values = {node.text for node in nodes}
            (ident,) = respondents
            any_of = self._any(tests)
            return lambda responses, has_held: (
                values <= {*responses.get(ident, ())}
                if len(responses.get(ident, ())) > 1
                else any_of(responses, has_held)
            )
        return lambda responses, has_held: all(test(responses, has_held) for test in tests)

    def _order(self, nodes: Sequence[Node]) -> Test | None:
        """The condition that a response has these values in this order; None for other conditions."""
        respondents = {node.get("respident") for node in nodes}
        if len(nodes) < 2 or {node.tag for node in nodes} != {"varequal"} or len(respondents) != 1:
            return None
        (ident,) = respondents
        if ident not in self._ordered or any(node.get("index") for node in nodes):
            return None
        for node in nodes:
            self._equal(node)
        order = tuple(node.text for node in nodes)
        self.orders.setdefault(ident, []).append(order)
        return lambda responses, _: responses.get(ident, ()) == order

    @staticmethod
    def _any(tests: Sequence[Test]) -> Test:
        return lambda responses, has_held: any(test(responses, has_held) for test in tests)

    def _check_range(self, parent: Node, nodes: Sequence[Node]) -> None:
        """Turn a range round whose lower end is above its upper one: no number could be in it."""
        lower = [node for node in nodes if node.tag in LOWER]
        upper = [node for node in nodes if node.tag in UPPER]
        if len(lower) != 1 or len(upper) != 1:
            return
        least, most = decimal_of(lower[0].text), decimal_of(upper[0].text)
        if least is not None and most is not None and least > most:
            lower[0].swapped, upper[0].swapped = upper[0].text, lower[0].text
            self.lost(swapped_range(least, most))

    def _test(self, node: Node) -> Test:
        match node.tag:
            case "varequal":
                return self._equal(node)
            case tag if tag in COMPARED:
                return self._compare(node)
            case "and":
                inside = node.take()
                self._check_range(node, inside)
                if (order := self._order(inside)) is not None:
                    return order
                tests = [self._test(child) for child in inside]
                return lambda responses, has_held: all(test(responses, has_held) for test in tests)
            case "or":
                return self._any([self._test(child) for child in node.take()])
            case "not":
                tests = [self._test(child) for child in node.take()]
                return lambda responses, has_held: not all(test(responses, has_held) for test in tests)
            case "unanswered":
                ident = node.get("respident")
                self._about.add(ident)
                return lambda responses, _: not any(responses.get(ident, ()))
            case "other":
                return lambda _, has_held: not has_held
        raise LeftOut(f"its condition “{node.tag}” is not known here")

    def _equal(self, node: Node) -> Test:
        ident, expected = node.get("respident"), node.text
        self._about.add(ident)
        self.constants.setdefault(ident, []).append(expected)
        if index := node.get("index"):
            return self._in_place(ident, index, expected)
        folds = not node.is_set("case")
        number = decimal_of(expected)

        def test(responses: Responses, _: bool) -> bool:
            return any(
                value == expected
                or (folds and value.casefold() == expected.casefold())
                or (number is not None and decimal_of(value) == number)
                for value in responses.get(ident, ())
            )

        return test

    def _in_place(self, ident: str, index: str, expected: str) -> Test:
        """The condition that a place of an order holds this."""
        if ident not in self._ordered or not index.isdecimal():
            raise LeftOut("it marks each place of a list by itself")
        place = int(index) - self._first_index
        self.places.setdefault(ident, {}).setdefault(place, expected)
        return lambda responses, _: responses.get(ident, ())[place : place + 1] == (expected,)

    def _compare(self, node: Node) -> Test:
        ident, text = node.get("respident"), node.swapped or node.text
        bound = decimal_of(text)
        if bound is None:
            raise LeftOut(f"a bound of its range is “{text}”, which is not a number")
        self._about.add(ident)
        self.bounds.setdefault(ident, []).append(bound)
        compared = COMPARED[node.tag]

        def test(responses: Responses, _: bool) -> bool:
            values = [decimal_of(value) for value in responses.get(ident, ())]
            return any(value is not None and compared(value, bound) for value in values)

        return test
