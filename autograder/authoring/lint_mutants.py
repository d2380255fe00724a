"""Proof by mutation: how many wrong versions of the right answers the hidden checks reject.

Every mutant of a task's references and alternatives is equal to its base, killed by a check, or a survivor.
A survivor is a hole in the checks, or something that the course allows: then `surviving_mutants.yaml` beside
the solution lists it under the sentence that allows it. A task's score is killed / (all - equal - allowed),
counted in behaviours: mutants that answer alike count once. Lint asks for `LEAST_SCORE`, and for a list
without an entry that is not needed any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from pydantic import BaseModel, ConfigDict, Field

from autograder.authoring.lint_files import Fault
from autograder.authoring.mutant_trial import INPUTS, Trial, Verdict, inputs_of, run_trials
from autograder.authoring.mutation import Mutant, bases_of, mutants_of
from autograder.course.assignment import Assignment
from autograder.yaml_source import read_yaml

__all__ = ["FILE", "LEAST_SCORE", "MutationProof", "TaskScore", "free_functions"]

FILE = "surviving_mutants.yaml"
LEAST_SCORE = 0.98
SEED = 15  # of the checks' random inputs


class _Allowed(BaseModel):
    """Surviving mutants of one function that one sentence allows."""

    model_config = ConfigDict(extra="forbid")

    function: str
    mutants: list[str] = Field(
        min_length=1, description="Their names, `base: edit`; * stands for any text, in square brackets too."
    )
    rule: str = Field(description="The key of a sentence in `rules`.")
    why: str = Field(min_length=15, description="How the sentence applies to them.")


class _SurvivorsFile(BaseModel):
    """The content of surviving_mutants.yaml."""

    model_config = ConfigDict(extra="forbid")

    rules: dict[str, str] = Field(default_factory=dict, description="Sentences of the course, word for word.")
    sampled: dict[str, int] = Field(
        default_factory=dict, description="Slow functions: so many of their mutants are tried, evenly chosen."
    )
    allowed: list[_Allowed] = Field(default_factory=list)


@dataclass
class TaskScore:
    """What became of the mutants of a task's functions, in behaviours."""

    task: str
    mutants: int = 0
    equal: int = 0
    killed: int = 0
    allowed: int = 0
    survivors: list[str] = field(default_factory=list)  # function and name, one of each behaviour

    @property
    def score(self) -> float:
        """Killed / (all - equal - allowed); 1 for a task without a mutant."""
        counted = self.killed + len(self.survivors)
        return self.killed / counted if counted else 1.0


def free_functions(assignment: Assignment) -> set[str]:
    """Functions of which whatever passes the checks is right, as the list of survivors says."""
    path = assignment.solution / FILE
    listed = read_yaml(path, _SurvivorsFile).allowed if path.is_file() else []
    return {entry.function for entry in listed if "*" in entry.mutants}


class MutationProof:
    """Puts the mutants of one assignment to its checks, function by function."""

    def __init__(self, assignment: Assignment, *, most: int = 0, count: int = INPUTS) -> None:
        """At most `most` mutants of each function, evenly chosen; 0 for all.

        `count` calls have to agree before two functions are called equal.
        """
        self.assignment, self._most, self._count = assignment, most, count
        self._generators = inputs_of(assignment)
        path = assignment.solution / FILE
        self._file = read_yaml(path, _SurvivorsFile) if path.is_file() else _SurvivorsFile()
        self._path = path
        self._used: set[tuple[int, str]] = set()
        self.scores = {task.id: TaskScore(task.id) for task in assignment.file.tasks}

    def mutants(self, function: str) -> list[Mutant]:
        """The mutants of a function that are tried."""
        found = [mutant for base in bases_of(self.assignment, function) for mutant in mutants_of(base)]
        limits = [len(found), self._file.sampled.get(function, len(found)), self._most or len(found)]
        return evenly(found, min(limits))

    def judge(self, function: str, progress: Callable[[], None] = lambda: None) -> None:
        """Try the mutants of a function, and add what became of them to its task's score."""
        mutants = self.mutants(function)
        trial = Trial(self.assignment, function, self._generators[function], SEED, self._count)
        score = self.scores[self.assignment.task_of(function)]
        seen: set[str] = set()
        for mutant, verdict in zip(mutants, run_trials(trial, mutants), strict=True):
            self._count_verdict(score, function, mutant, verdict, seen)
            progress()

    def _count_verdict(
        self, score: TaskScore, function: str, mutant: Mutant, verdict: Verdict, seen: set[str]
    ) -> None:
        score.mutants += 1
        is_listed = verdict.outcome == "survives" and self._is_allowed(function, mutant.name)
        behaviour = verdict.behaviour or mutant.name
        if verdict.outcome == "equal":
            score.equal += 1
        elif behaviour not in seen:
            if verdict.outcome == "killed":
                score.killed += 1
            elif is_listed:
                score.allowed += 1
            else:
                score.survivors.append(f"{function}, {mutant.name}")
            seen.add(behaviour)

    def _is_allowed(self, function: str, name: str) -> bool:
        found = False
        for number, entry in enumerate(self._file.allowed):
            for pattern in entry.mutants:
                if entry.function == function and matches(name, pattern):
                    self._used.add((number, pattern))
                    found = True
        return found

    def faults(self) -> Iterator[Fault]:
        """Tasks below the score, survivors that no sentence allows, and entries without a survivor."""
        place = str(self._path)
        for score in self.scores.values():
            for survivor in score.survivors:
                yield Fault(place, f"no check of {score.task} rejects this mutant: {survivor}")
            if score.score < LEAST_SCORE:
                yield Fault(
                    place,
                    f"the checks of {score.task} reject {score.score:.1%} of its mutants; "
                    f"expected {LEAST_SCORE:.0%}.",
                )
        for number, entry in enumerate(self._file.allowed):
            if entry.rule not in self._file.rules:
                yield Fault(
                    place, f"entry {number + 1} names the rule {entry.rule!r}, which is not in rules."
                )
            for pattern in entry.mutants:
                if not self._most and (number, pattern) not in self._used:
                    yield Fault(place, f"no mutant of {entry.function} survives as {pattern!r}; take it out.")
        for rule in sorted(self._file.rules.keys() - {entry.rule for entry in self._file.allowed}):
            yield Fault(place, f"no entry names the rule {rule!r}; take it out.")


def matches(name: str, pattern: str) -> bool:
    """Whether a mutant's name is as a pattern says; only * is special."""
    return fnmatchcase(name, "".join(f"[{c}]" if c in "[?" else c for c in pattern))


def evenly(found: Sequence[Mutant], most: int) -> list[Mutant]:
    """So many of them, from all over the list."""
    if most >= len(found):
        return list(found)
    return [found[i * len(found) // most] for i in range(most)]
