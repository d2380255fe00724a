"""Runs the response processing of QTI 2.1 and 2.2 items: rules and expressions that set outcomes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from quizzes.interchange.answer_keys import Evaluated, Response, check_size
from quizzes.interchange.html_markup import LeftOut, Lost
from quizzes.interchange.ranges import decimal_of, swapped_range
from quizzes.interchange.tracked_xml import Node, short

__all__ = ["Declaration", "Processing"]


Atom = str | Fraction | bool
NUMBERS = ("float", "integer", "duration")
TEMPLATE = re.compile(r"(match_correct|map_response|CC2_match_basic|CC2_match|CC2_map_response)(?:\.xml)?$")
NO_MARKING = re.compile(r"/none(?:\.xml)?$")  # TAO's
SCORE = "SCORE"


@dataclass(frozen=True)
class Value:
    """A value: none at all, one, or several in or without an order."""

    atoms: tuple[Atom, ...] = ()
    ordered: bool = False

    @property
    def number(self) -> Fraction | None:
        """The number, if it is one."""
        atom = self.atoms[0] if len(self.atoms) == 1 else None
        return atom if isinstance(atom, Fraction) else None

    @property
    def truth(self) -> bool:
        """Whether it is true; no value is not."""
        return self.atoms == (True,)


NULL, TRUE, FALSE = Value(), Value((True,)), Value((False,))


@dataclass
class Declaration:
    """What an item says of one response: its kind, its right values, and what single values are worth."""

    ident: str
    cardinality: str
    base_type: str
    correct: list[str] = field(default_factory=list)
    mapping: list[tuple[str, Fraction, bool]] = field(default_factory=list)  # key, worth, capitals matter
    has_mapping: bool = False
    default: Fraction = Fraction(0)
    least: Fraction | None = None
    most: Fraction | None = None

    def value(self, texts: Sequence[str]) -> Value:
        """An answer as a value."""
        atoms = [_atom(text, self.base_type) for text in texts if text != ""]
        return Value(tuple(atom for atom in atoms if atom is not None), self.cardinality == "ordered")

    def check(self) -> None:
        """Raises LeftOut for a right value that is not of its kind."""
        for text in (*self.correct, *(key for key, _, _ in self.mapping)):
            _declared_atom(text, self.base_type)

    def worth(self, value: Value) -> Fraction:
        """The sum of what the single values are worth, within bounds."""
        if not value.atoms:
            total = Fraction(0)
        else:
            total = sum((self._worth(atom) for atom in dict.fromkeys(value.atoms)), Fraction(0))
        if self.least is not None:
            total = max(total, self.least)
        return total if self.most is None else min(total, self.most)

    def _worth(self, atom: Atom) -> Fraction:
        for key, worth, case in self.mapping:
            expected = _atom(key, self.base_type)
            if expected == atom:
                return worth
            texts = (atom, expected) if self.base_type == "string" and not case else ()
            if texts and str(texts[0]).casefold() == str(texts[1]).casefold():
                return worth
        return self.default


def _declared_atom(text: str, base_type: str) -> Atom:
    """A value that an item declares; raises LeftOut if it is not of its kind."""
    atom = _atom(text, base_type)
    if atom is None:
        raise LeftOut(f"“{short(text)}” stands where a number is expected")
    return atom


def _atom(text: str, base_type: str) -> Atom | None:
    if base_type in NUMBERS:
        number = decimal_of(text)
        return None if number is None else Fraction(number)
    if base_type == "boolean":
        return text.strip().lower() in ("true", "1")
    if base_type == "pair":
        return " ".join(sorted(text.split()))
    return " ".join(text.split()) if base_type == "directedPair" else text


class _Exit(Exception):
    """The rules ask to stop."""


Values = dict[str, Value]
Expression = Callable[[Values], Value]
Rule = Callable[[Values], None]


class Processing:
    """The rules of an item, ready to be run; raises LeftOut for one that is not known here."""

    def __init__(self, item: Node, declarations: Mapping[str, Declaration], lost: Lost) -> None:
        self.declarations, self.lost = declarations, lost
        self.bounds: set[Decimal] = set()  # numbers at which conditions change; found while running
        self.constants: list[str] = []  # texts that rules compare with
        self.identifiers: set[str] = set()  # that rules may give an outcome
        self.hiding: set[str] = set()  # `outcome identifier` of feedback that is shown unless it is set
        self._defaults: Values = {SCORE: Value((Fraction(0),))}
        self._types: dict[str, str] = {}
        for node in item.take("outcomeDeclaration"):
            self._declare(node)
        blocks = item.take("responseProcessing")
        check_size(blocks)
        self._rules: list[Rule] = []
        self.is_given = bool(blocks)
        self._sets: set[str] = set()
        for block in blocks:
            template = block.get("template") or block.get("templateLocation")
            block.get("templateLocation")
            rules = [self._rule(node) for node in block.take()]
            self._rules += rules or ([self._template(template)] if template else [])
        self.is_by_declaration = SCORE not in self._sets and any(
            declaration.correct or declaration.has_mapping for declaration in declarations.values()
        )
        if self.is_by_declaration:
            self._rules.append(self._by_declaration)

    @property
    def gives_points(self) -> bool:
        """Whether rules set the score."""
        return SCORE in self._sets or self.is_by_declaration

    def __call__(self, responses: Mapping[str, Response]) -> Evaluated:
        """The points of an answer, and the feedback that it shows, as `outcome identifier`."""
        values = dict(self._defaults)
        for ident, declaration in self.declarations.items():
            values[ident] = declaration.value(responses.get(ident, ()))
        try:
            for rule in self._rules:
                rule(values)
        except _Exit:
            pass
        shown = frozenset(
            f"{outcome} {atom}"
            for outcome, base_type in self._types.items()
            if base_type == "identifier"
            for atom in values.get(outcome, NULL).atoms
        )
        shown |= {f"not {ident}" for ident in self.hiding - shown}
        return Evaluated(values.get(SCORE, NULL).number or Fraction(0), shown)

    def _declare(self, node: Node) -> None:
        ident, base_type = node.get("identifier"), node.get("baseType")
        node.get("cardinality"), node.get("normalMaximum"), node.get("normalMinimum")
        node.get("masteryValue"), node.get("externalScored"), node.get("variableIdentifierRef")
        values: list[Atom] = []
        for default in node.take("defaultValue"):
            default.get("interpretation")
            for value in default.take("value"):
                value.get("fieldIdentifier"), value.get("baseType")
                if value.text:
                    values.append(_declared_atom(value.text, base_type))
        if not values and ident == SCORE:
            values = [Fraction(0)]  # as if it said so
        self._types[ident] = base_type
        self._defaults[ident] = Value(tuple(values))

    def _by_declaration(self, values: Values) -> None:
        """Without rules, the right values earn everything, or single values what the mapping says."""
        scores = []
        for declaration in self.declarations.values():
            if declaration.has_mapping:
                scores.append(declaration.worth(values[declaration.ident]))
            elif declaration.correct:
                correct = declaration.value(declaration.correct)
                scores.append(Fraction(self._same(values[declaration.ident], correct)))
        values[SCORE] = Value((sum(scores, Fraction(0)),))

    def _template(self, template: str) -> Rule:
        if NO_MARKING.search(template):  # a person marks it
            return lambda _: None
        match = TEMPLATE.search(template)
        if match is None:
            raise LeftOut(f"its rule of marking “{template.rsplit('/', 1)[-1]}” is not known here")
        self._sets.add(SCORE)
        uses_mapping = "map" in match[1]

        def rule(values: Values) -> None:
            # The templates speak of one response, called RESPONSE.
            name = "RESPONSE" if "RESPONSE" in self.declarations else next(iter(self.declarations), "")
            declaration = self.declarations.get(name)
            if declaration is None:
                return
            if uses_mapping:
                values[SCORE] = Value((declaration.worth(values[name]),))
                return
            is_right = self._same(values[name], declaration.value(declaration.correct))
            values[SCORE] = Value((Fraction(is_right),))

        return rule

    def _same(self, first: Value, second: Value) -> bool:
        for value in (first, second):
            for atom in value.atoms:
                self._note(atom)
        if not first.atoms or not second.atoms:
            return False
        if first.ordered and second.ordered:
            return first.atoms == second.atoms
        return sorted(map(repr, first.atoms)) == sorted(map(repr, second.atoms))

    def _note(self, atom: Atom | None) -> None:
        if isinstance(atom, Fraction):
            self.bounds.add(_decimal(atom))

    # Rules

    def _rule(self, node: Node) -> Rule:
        match node.tag:
            case "responseCondition":
                return self._condition(node)
            case "setOutcomeValue":
                return self._setting(node)
            case "responseProcessingFragment":
                rules = [self._rule(child) for child in node.take()]

                def fragment(values: Values) -> None:
                    for rule in rules:
                        rule(values)

                return fragment
            case "exitResponse":
                return self._exit
        raise LeftOut(f"its rule “{node.tag}” is not known here")

    @staticmethod
    def _exit(_: Values) -> None:
        raise _Exit

    def _condition(self, node: Node) -> Rule:
        branches: list[tuple[Expression, list[Rule]]] = []
        for branch in node.take("responseIf", "responseElseIf", "responseElse"):
            parts = branch.take()
            if branch.tag == "responseElse":
                branches.append((lambda _: TRUE, [self._rule(part) for part in parts]))
            elif parts:
                test = self._expression(parts[0])
                branches.append((test, [self._rule(part) for part in parts[1:]]))

        def rule(values: Values) -> None:
            for test, rules in branches:
                if test(values).truth:
                    for inner in rules:
                        inner(values)
                    return

        return rule

    def _setting(self, node: Node) -> Rule:
        ident = node.get("identifier")
        self._sets.add(ident)
        (expression,) = self._inside(node, 1)

        def rule(values: Values) -> None:
            values[ident] = expression(values)

        return rule

    # Expressions

    def _inside(self, node: Node, count: int | None = None) -> list[Expression]:
        children = node.take()
        if count is not None and len(children) != count:
            raise LeftOut(f"its rule “{node.tag}” has {len(children)} parts, expected {count}")
        return [self._expression(child) for child in children]

    def _expression(self, node: Node) -> Expression:
        build = getattr(self, f"_of_{node.tag}", None)
        if build is None:
            raise LeftOut(f"its rule “{node.tag}” is not known here")
        expression: Expression = build(node)
        return expression

    def _of_baseValue(self, node: Node) -> Expression:
        base_type, text = node.get("baseType"), node.text
        text = node.swapped or text
        atom = _declared_atom(text, base_type)
        if base_type == "string":
            self.constants.append(text)
        elif base_type == "identifier":
            self.identifiers.add(text)
        value = Value((atom,))
        return lambda _: value

    def _of_variable(self, node: Node) -> Expression:
        ident = node.get("identifier")
        node.get("weightIdentifier")
        if ident not in self.declarations and ident not in self._defaults:
            raise LeftOut(f"its marking uses “{ident}”, which is not declared")
        return lambda values: values.get(ident, NULL)

    def _of_correct(self, node: Node) -> Expression:
        declaration = self._declaration(node.get("identifier"))
        value = declaration.value(declaration.correct)
        return lambda _: value

    def _of_default(self, node: Node) -> Expression:
        value = self._defaults.get(node.get("identifier"), NULL)
        return lambda _: value

    def _of_mapResponse(self, node: Node) -> Expression:
        declaration = self._declaration(node.get("identifier"))
        for key, _, _ in declaration.mapping:
            self._note(_atom(key, declaration.base_type))
        return lambda values: Value((declaration.worth(values[declaration.ident]),))

    def _declaration(self, ident: str) -> Declaration:
        if ident not in self.declarations:
            raise LeftOut(f"its marking uses “{ident}”, which is not declared")
        return self.declarations[ident]

    def _of_null(self, _: Node) -> Expression:
        return lambda _: NULL

    def _gathered(self, node: Node, ordered: bool) -> Expression:
        inside = self._inside(node)
        return lambda values: Value(tuple(atom for part in inside for atom in part(values).atoms), ordered)

    def _of_multiple(self, node: Node) -> Expression:
        return self._gathered(node, ordered=False)

    def _of_ordered(self, node: Node) -> Expression:
        return self._gathered(node, ordered=True)

    def _of_containerSize(self, node: Node) -> Expression:
        (inside,) = self._inside(node, 1)
        return lambda values: Value((Fraction(len(inside(values).atoms)),))

    def _of_isNull(self, node: Node) -> Expression:
        (inside,) = self._inside(node, 1)
        return lambda values: _truth(not inside(values).atoms)

    def _of_index(self, node: Node) -> Expression:
        place = node.get("n")
        if not place.isdigit():
            raise LeftOut("its marking looks at a place that is not a number")
        (inside,) = self._inside(node, 1)
        return lambda values: Value(inside(values).atoms[int(place) - 1 : int(place)])

    def _of_member(self, node: Node) -> Expression:
        value, group = self._inside(node, 2)
        return lambda values: _truth(
            len(value(values).atoms) == 1 and value(values).atoms[0] in group(values).atoms
        )

    def _of_contains(self, node: Node) -> Expression:
        whole, part = self._inside(node, 2)
        return lambda values: _contains(whole(values), part(values))

    def _of_delete(self, node: Node) -> Expression:
        value, group = self._inside(node, 2)
        return lambda values: Value(
            tuple(atom for atom in group(values).atoms if atom not in value(values).atoms),
            group(values).ordered,
        )

    def _of_not(self, node: Node) -> Expression:
        (inside,) = self._inside(node, 1)
        # Of no value nothing is known, so neither is its contrary.
        return lambda values: _truth(not value.truth) if (value := inside(values)).atoms else NULL

    def _of_and(self, node: Node) -> Expression:
        self._check_range(node)
        inside = self._inside(node)
        return lambda values: _truth(all(part(values).truth for part in inside))

    def _of_or(self, node: Node) -> Expression:
        inside = self._inside(node)
        return lambda values: _truth(any(part(values).truth for part in inside))

    def _of_anyN(self, node: Node) -> Expression:
        least, most = node.get("min"), node.get("max")
        if not least.isdigit() or not most.isdigit():
            raise LeftOut("its marking counts conditions by a number that is not known here")
        inside = self._inside(node)
        return lambda values: _truth(int(least) <= sum(part(values).truth for part in inside) <= int(most))

    def _of_match(self, node: Node) -> Expression:
        left, right = self._inside(node, 2)
        return lambda values: _truth(self._same(left(values), right(values)))

    def _of_stringMatch(self, node: Node) -> Expression:
        case, substring = node.is_set("caseSensitive"), node.is_set("substring")
        if substring:
            raise LeftOut("it accepts every text that contains a word")
        left, right = self._inside(node, 2)

        def expression(values: Values) -> Value:
            texts = [part(values).atoms for part in (left, right)]
            if not all(len(atoms) == 1 and isinstance(atoms[0], str) for atoms in texts):
                return NULL
            first, second = (str(atoms[0]) if case else str(atoms[0]).casefold() for atoms in texts)
            return _truth(first == second)

        return expression

    def _of_patternMatch(self, node: Node) -> Expression:
        raise LeftOut(f"it accepts every text that matches the pattern “{short(node.get('pattern'))}”")

    def _of_equal(self, node: Node) -> Expression:
        mode = node.get("toleranceMode", "exact") or "exact"
        lower, upper = node.is_set("includeLowerBound", True), node.is_set("includeUpperBound", True)
        tolerances = [decimal_of(text) for text in node.get("tolerance").split()]
        if mode not in ("exact", "absolute", "relative") or any(value is None for value in tolerances):
            raise LeftOut("the tolerance of its number is not known here")
        sizes = [Fraction(abs(value or Decimal(0))) for value in tolerances]
        below, above = [*sizes, Fraction(0), Fraction(0)][:2]
        if len(tolerances) == 1:
            above = below
        left, right = self._inside(node, 2)

        def expression(values: Values) -> Value:
            value, key = left(values).number, right(values).number
            if value is None or key is None:
                return NULL
            share = abs(key) / 100 if mode == "relative" else Fraction(mode == "absolute")
            least, most = key - share * below, key + share * above
            for atom in (least, most, key):
                self._note(atom)
            if least == most:
                return _truth(value == key)
            within = least <= value if lower else least < value
            return _truth(within and (value <= most if upper else value < most))

        return expression

    def _of_equalRounded(self, node: Node) -> Expression:
        mode, figures = node.get("roundingMode", "significantFigures"), node.get("figures")
        if not figures.isdigit() or mode not in ("significantFigures", "decimalPlaces"):
            raise LeftOut("the rounding of its number is not known here")
        left, right = self._inside(node, 2)

        def expression(values: Values) -> Value:
            value, key = left(values).number, right(values).number
            if value is None or key is None:
                return NULL
            unit = _unit(key, mode, int(figures))
            rounded = _rounded(key, unit)
            for atom in (rounded - unit / 2, rounded + unit / 2, key):
                self._note(atom)
            return _truth(_rounded(value, _unit(value, mode, int(figures))) == rounded)

        return expression

    def _compared(self, node: Node, holds: Callable[[Fraction, Fraction], bool]) -> Expression:
        left, right = self._inside(node, 2)

        def expression(values: Values) -> Value:
            first, second = left(values).number, right(values).number
            self._note(first)
            self._note(second)
            if first is None or second is None:
                return NULL
            return _truth(holds(first, second))

        return expression

    def _of_gte(self, node: Node) -> Expression:
        return self._compared(node, lambda first, second: first >= second)

    def _of_gt(self, node: Node) -> Expression:
        return self._compared(node, lambda first, second: first > second)

    def _of_lte(self, node: Node) -> Expression:
        return self._compared(node, lambda first, second: first <= second)

    def _of_lt(self, node: Node) -> Expression:
        return self._compared(node, lambda first, second: first < second)

    def _computed(self, node: Node, compute: Callable[[list[Fraction]], Fraction | None]) -> Expression:
        inside = self._inside(node)

        def expression(values: Values) -> Value:
            numbers: list[Fraction] = []
            for part in inside:
                atoms = part(values).atoms
                if not atoms or not all(isinstance(atom, Fraction) for atom in atoms):
                    return NULL
                numbers += [atom for atom in atoms if isinstance(atom, Fraction)]
            result = compute(numbers) if numbers else None
            return NULL if result is None else Value((result,))

        return expression

    def _of_sum(self, node: Node) -> Expression:
        return self._computed(node, lambda numbers: sum(numbers, Fraction(0)))

    def _of_product(self, node: Node) -> Expression:
        def product(numbers: list[Fraction]) -> Fraction:
            result = Fraction(1)
            for number in numbers:
                result *= number
            return result

        return self._computed(node, product)

    def _of_subtract(self, node: Node) -> Expression:
        return self._computed(node, lambda numbers: numbers[0] - numbers[1] if len(numbers) == 2 else None)

    def _of_divide(self, node: Node) -> Expression:
        return self._computed(
            node, lambda numbers: numbers[0] / numbers[1] if len(numbers) == 2 and numbers[1] else None
        )

    def _of_max(self, node: Node) -> Expression:
        return self._computed(node, max)

    def _of_min(self, node: Node) -> Expression:
        return self._computed(node, min)

    def _of_round(self, node: Node) -> Expression:
        return self._computed(node, lambda numbers: Fraction(floor(numbers[0] + Fraction(1, 2))))

    def _of_truncate(self, node: Node) -> Expression:
        return self._computed(
            node, lambda numbers: Fraction(floor(numbers[0]) if numbers[0] >= 0 else ceil(numbers[0]))
        )

    def _of_integerToFloat(self, node: Node) -> Expression:
        return self._computed(node, lambda numbers: numbers[0])

    def _check_range(self, node: Node) -> None:
        """Turn a range round whose lower end is above its upper one: no number could be in it."""
        ends: dict[str, list[Node]] = {"g": [], "l": []}
        for child in node.children:
            if child.tag in ("gte", "gt", "lte", "lt") and [part.tag for part in child.children] == [
                "variable",
                "baseValue",
            ]:
                ends[child.tag[0]].append(child)
        if len(ends["g"]) != 1 or len(ends["l"]) != 1:
            return
        lower, upper = ends["g"][0].children, ends["l"][0].children
        least, most = decimal_of(lower[1].text), decimal_of(upper[1].text)
        same = lower[0].get("identifier") == upper[0].get("identifier")
        if same and least is not None and most is not None and least > most:
            lower[1].swapped, upper[1].swapped = upper[1].text, lower[1].text
            self.lost(swapped_range(least, most))


def _truth(holds: bool) -> Value:
    return TRUE if holds else FALSE


def _contains(whole: Value, part: Value) -> Value:
    if not whole.atoms or not part.atoms:
        return NULL
    left = list(whole.atoms)
    for atom in part.atoms:
        if atom not in left:
            return FALSE
        left.remove(atom)
    if whole.ordered and part.ordered:
        size = len(part.atoms)
        starts = range(len(whole.atoms) - size + 1)
        return _truth(any(whole.atoms[start : start + size] == part.atoms for start in starts))
    return TRUE


def _decimal(number: Fraction) -> Decimal:
    return Decimal(number.numerator) / Decimal(number.denominator)


def _unit(number: Fraction, mode: str, figures: int) -> Fraction:
    """The unit to which a number is rounded."""
    if mode == "decimalPlaces":
        return Fraction(1, 10**figures)
    exponent = _decimal(number).adjusted() if number else 0
    return Fraction(10) ** (exponent - figures + 1)


def _rounded(number: Fraction, unit: Fraction) -> Fraction:
    return floor(number / unit + Fraction(1, 2)) * unit
