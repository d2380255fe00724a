"""Choices: four rules, named as PrairieLearn names them, each with the sentence students read."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction

__all__ = ["ChoiceRule", "choice_share", "rule_sentence"]


class ChoiceRule(StrEnum):
    """How a set of chosen options becomes a share."""

    OFF = "off"
    NET_CORRECT = "net-correct"
    COVERAGE = "coverage"
    EACH_ANSWER = "each-answer"


SENTENCES = {
    ChoiceRule.OFF: "All right options and no wrong one, or no points.",
    ChoiceRule.NET_CORRECT: "Each right option you choose adds, each wrong one takes away; never below zero.",
    ChoiceRule.COVERAGE: "The share of right options found, times the share of your choices that are right.",
    ChoiceRule.EACH_ANSWER: "Each option counts alone: right if chosen rightly or left out rightly.",
}


def rule_sentence(rule: ChoiceRule) -> str:
    """The rule in a sentence for students."""
    return SENTENCES[rule]


def choice_share(rule: ChoiceRule, chosen: set[str], right: set[str], options: set[str]) -> Fraction:
    """The share for the chosen options; choosing nothing earns nothing unless nothing is right."""
    if not chosen and right:
        return Fraction(0)  # an empty answer would earn something by each-answer
    hits, misses = len(chosen & right), len(chosen - right)
    if rule is ChoiceRule.OFF or not right:
        return Fraction(chosen == right)
    if rule is ChoiceRule.NET_CORRECT:
        return max(Fraction(hits - misses, len(right)), Fraction(0))
    if rule is ChoiceRule.COVERAGE:
        return Fraction(hits, len(right)) * Fraction(hits, len(chosen))
    return Fraction(len(options) - len(chosen ^ right), len(options))
