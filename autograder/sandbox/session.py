"""Calls of one submission's functions, answered by processes in the sandbox.

A child runs what the functions seem to rest on; where one is missing then, or fails as it would if
something had not been set up, a fresh child runs all cells, and from there on that is what is asked.

One child serves all functions until something goes wrong in it. A function that ran too long or
ended its child is not called again, so that it costs only itself; the next function gets a fresh
child. A child that served other functions before may have been spoilt by them: when it turns out
dead or out of step, the call is made once more in a fresh one. All children are charged to one budget.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, NamedTuple, TypeVar

from autograder.checks.budget import RESTARTS, Budget
from autograder.checks.calls import Answer
from autograder.checks.pipeline import CallSite
from autograder.checks.values import Value
from autograder.report import Note
from autograder.sandbox import frames
from autograder.sandbox.child import Child, ChildEnded, Overdue
from autograder.sandbox.reply_parser import (
    CallBackAllowance,
    call_back,
    line_of,
    read_answers,
    read_values,
    text_of,
)
from autograder.sandbox.sandbox_process import SandboxProcess

__all__ = ["CallBatch", "Session"]

T = TypeVar("T")

LOAD_CPU_SECONDS = 10.0
PREFETCH_SLEEP_SECONDS = 1.0
# No numbers: they would be others each time, and the report with them.
ALL_TOGETHER = "all calls together used more processor time than a submission gets"
LARGEST_BATCH = 32  # calls
MOST_SKIPPED = 3  # statements that may hang or end a child while loading
MOST_STATEMENTS = 10_000  # that a child reports while loading and that are kept in mind
MENDABLE = ("NameError", "UnboundLocalError", "KeyError", "IndexError", "LookupError", "AttributeError")


class Session:
    """Answers calls for one submission; a context manager that ends its child."""

    def __init__(
        self,
        worker: SandboxProcess,
        cells: Sequence[tuple[int, str]],
        functions: Sequence[str],
        restarts: int = RESTARTS,
        budget: Budget | None = None,
        *,
        python: str = "",
    ) -> None:
        """`restarts` is how often a child may hang or end; `budget` is what all of them may use.

        `python` is the version that the notebook says it was run with.
        """
        self._worker, self._functions = worker, list(functions)
        self._cells = json.dumps([[number, source] for number, source in cells]).encode()
        self._child: Child | None = None
        self._served: set[str] = set()  # functions the present child has been asked for
        self._given_up: dict[str, Answer] = {}
        self._skip: list[tuple[int, int]] = []
        self._missing: set[str] = set()
        self._requests = self._children = 0
        self._budget = budget or Budget()
        self._restarts = restarts  # how many more children may be spoilt
        self._restarted = False  # whether children come from the second zygote
        self._hopeless = False  # no child can run the definitions, whatever is left out
        self._python = python
        self._full = False  # whether all cells are run, not only what the functions seem to rest on
        self._may_be_fuller = True  # whether that was not tried in vain
        self._left_out = False  # whether it would run anything more
        self._valued: set[str] = set()  # functions that have brought a value
        self.loaded = False  # whether the definitions were run, so that `notes` says what was noticed
        self._at: tuple[int, int] | None = None  # the statement that a loading child is running
        self._running: list[
            tuple[tuple[int, int], float]
        ] = []  # those before it, with its clock at their start
        self.notes: list[Note] = []
        self.parameters: dict[str, tuple[str, ...]] = {}  # as the submission names them

    def answer(
        self, function: str, calls: Sequence[tuple[Value, ...]], cpu_seconds: float, lend: bool = False
    ) -> list[Answer]:
        """Make the calls in one frame; a call that brings no value is the last one made."""
        for _ in range(2):
            if function in self._given_up:
                return [self._given_up[function]] * len(calls)
            if self._restarts <= 0:
                text = f"{function} was not called: too many functions before it hung or ended the process."
                return [Answer("crashed", text=text)] * len(calls)
            if self._budget.left(cpu_seconds, function) <= 0:
                text = f"{function} was not called: {ALL_TOGETHER}."
                return [Answer("timeout", text=text)] * len(calls)
            if self._child is None and not self._load(cpu_seconds, function):
                return [Answer("crashed", text="The notebook's definitions could not be run.")] * len(calls)
            if function in self._missing and self._go_full() and not self._load(cpu_seconds, function):
                return [Answer("crashed", text="The notebook's definitions could not be run.")] * len(calls)
            if function in self._missing:
                return [Answer("missing", text=f"There is no function {function}.")] * len(calls)
            was_shared = bool(self._served - {function})
            self._served.add(function)
            try:
                answers = self._ask(function, calls, cpu_seconds, self._budget.sleep_of_a_call, lend)
                if (
                    self._is_mendable(function, answers)
                    and self._go_full()
                    and self._load(cpu_seconds, function)
                ):
                    self._served.add(function)
                    answers = self._ask(function, calls, cpu_seconds, self._budget.sleep_of_a_call, lend)
                if self._child is not None and self._child.has_threads(training=lend):
                    self._end()  # a thread that it left behind would live on in other functions' time
                return answers
            except Overdue as problem:
                self._end(spoilt=True)
                out = not problem.slept and self._budget.left() <= 0
                text = f"was stopped: {ALL_TOGETHER}" if out else str(problem)
                self._given_up[function] = Answer("timeout", text=f"{function} {text}.")
            except MemoryError:  # the judge's own, not the child's
                self._end(spoilt=True)
                text = f"{function} returned or asked for more than there is memory for."
                self._given_up[function] = Answer("memory", text=text)
            except ChildEnded as problem:
                self._end(spoilt=True)
                if not was_shared:
                    text = f"{function} ended the process or broke its connection: {problem}."
                    self._given_up[function] = Answer("crashed", text=text)
        return [self._given_up.get(function, Answer("crashed", text=f"{function} ended the process."))] * len(
            calls
        )

    def answer_in_fresh_process(
        self, function: str, calls: Sequence[tuple[Value, ...]], cpu_seconds: float
    ) -> list[Answer]:
        """As `answer`, by a child that has run the definitions and has not been called before.

        It is the second zygote's: nothing that only this machine and this minute have in common with the
        first calls is there. The child that served those waits, and serves the next ones.
        """
        kept = self._child, self._served, self.notes, self.parameters, self._missing, self._left_out
        runs = self._full, list(self._skip)
        self._child, self._restarted = None, True
        try:
            return self.answer(function, calls, cpu_seconds)
        finally:
            self._end()
            self._restarted = False
            if kept[0] is not None:
                self._child, self._served, self.notes, self.parameters, self._missing, self._left_out = kept
                if runs != (self._full, self._skip):  # what is run has changed: for all calls from here on
                    self._end()

    def prefetch(self, function: str, calls: Sequence[tuple[Value, ...]], cpu_seconds: float) -> list[Answer]:
        """Make calls before they are asked for; nothing comes back where one of them ends the child.

        That costs the submission nothing: the calls are made again, one by one, when they count.
        """
        left = self._budget.left(cpu_seconds, function)
        ready = function not in self._given_up and self._restarts > 0 and left > 0
        loaded = ready and (self._child is not None or self._load(cpu_seconds, function))
        if not loaded or function in self._missing:
            return []
        self._served.add(function)
        try:
            sleep = min(PREFETCH_SLEEP_SECONDS, self._budget.sleep_of_a_call)
            answers = self._ask(function, calls, cpu_seconds, sleep, prefetching=True)
            if self._child is not None and self._child.has_threads():
                self._end()
            return answers
        except (Overdue, ChildEnded, MemoryError):
            self._end()
            return []

    def _is_mendable(self, function: str, answers: list[Answer]) -> bool:
        """Whether a function failed as it would where something that it needs was never set up."""
        if answers[0].kind == "value":
            self._valued.add(function)
        failed = answers[-1]
        return (
            failed.kind == "raised"
            and function not in self._valued  # what it needs is there, so something else is wrong
            and (failed.text.startswith(MENDABLE) or "'NoneType'" in failed.text)
        )

    def _go_full(self) -> bool:
        """End the child where running all cells may give more; the next load runs them."""
        if self._full or not self._may_be_fuller or not self._left_out:
            return False
        self._end()
        self._full = True
        return True

    def load(self) -> None:
        """Run the definitions now, so that `notes` and `parameters` are known; answers do it if need be."""
        if self._child is None:
            self._load()

    def _ask(
        self,
        function: str,
        calls: Sequence[tuple[Value, ...]],
        cpu_seconds: float,
        sleep_seconds: float,
        lend: bool = False,
        prefetching: bool = False,
    ) -> list[Answer]:
        """Make calls in one frame; each has its own processor time, prefetched ones share one limit."""
        assert self._child is not None  # answer loads one first
        self._child.arena.clear()
        packer = frames.Packer(self._child.arena, callables=[], share=self._child.share)
        name = json.dumps(function)
        specs = [_spec(name, packer, arguments) for arguments in calls]
        return self._exchange(
            packer,
            specs,
            calls,
            [(cpu_seconds, self._budget.added_by(cpu_seconds, function))] * len(calls),
            sleep_seconds,
            lend=lend,
            prefetching=prefetching,
            read=read_answers,
        )

    def _exchange(
        self,
        packer: frames.Packer,
        specs: Sequence[str],
        calls: Sequence[tuple[Value, ...]],
        limits: Sequence[tuple[float, float]],
        sleep_seconds: float,
        *,
        read: Callable[[frames.Header, frames.Unpacker, Sequence[tuple[Value, ...]]], T],
        lend: bool,
        prefetching: bool = False,
    ) -> T:
        """Send one frame of calls and read the answers.

        `limits` are, for each call, its seconds of processor time and what it adds to those of all calls.
        """
        assert self._child is not None  # callers check this
        self._requests += 1
        child, arena, budget = self._child, self._child.arena, self._budget
        sent = arena.used
        most = 4 * 1024**2 + 4 * packer.size
        report = len(calls) > 1 and not prefetching
        header = (
            f'{{"op":"calls","calls":[{",".join(specs)}],"most":{most}'
            f',"lend":{int(lend)},"report":{int(report)}}}'
        )
        done = 0
        seconds, added = limits[0]
        budget.add(added)

        def called(report: dict[str, Any]) -> None:
            """One or more of the calls are done: the next one's time begins."""
            nonlocal done
            done += 1
            if done >= len(calls):
                raise ChildEnded("its answer is out of step")
            seconds, added = limits[done]
            budget.add(added)
            self._charge()
            child.extend(min(seconds, budget.left()), budget.sleep_of_a_call)

        allowance: CallBackAllowance | None = None

        def callback(request: dict[str, Any], data: bytes) -> tuple[dict[str, Any] | str, list[Any]]:
            nonlocal allowance
            allowance = allowance or CallBackAllowance(calls)
            arena.clear(keep=sent)  # the arguments stay, the last call-back's result has been read
            return call_back(packer.callables or [], request, data, arena, allowance)

        reply, data = child.request(
            header,
            packer.buffers,
            number=self._requests % 2**32,
            processor_seconds=min(seconds, budget.left()),
            sleep_seconds=sleep_seconds,
            most=most,
            callback=callback,
            notice=called if report else None,
        )
        if not prefetching:
            for _, added in limits[done + 1 :]:
                budget.add(added)
        self._charge()
        try:
            return read(reply, frames.Unpacker(data, arena), calls)
        except frames.FrameError as problem:
            raise ChildEnded(str(problem)) from problem

    def batch(self) -> CallBatch | None:
        """An empty batch for calls of a training run; None where no child is ready for one."""
        if self._child is None or self._restarts <= 0:
            return None
        return CallBatch(self, self._child)

    def _load(self, cpu_seconds: float = 0.0, function: str = "") -> bool:
        """Start a child and run the definitions in it; a statement that spoils this is left out next time.

        Its time is part of that of all calls, the next one among them: of `function`, `cpu_seconds` at most.
        """
        self.loaded = True
        while not self._hopeless:
            worker = self._worker.restarted() if self._restarted else self._worker
            self._child, self._served, self._at = Child(worker), set(), None
            self._children += 1
            header = {
                "op": "load",
                "functions": self._functions,
                "skip": self._skip,
                "full": self._full,
                "python": self._python,
                "child": self._children,
            }
            self._running = []
            try:
                reply, _ = self._child.request(
                    header,
                    [self._cells],
                    processor_seconds=min(LOAD_CPU_SECONDS, self._budget.left(cpu_seconds, function)),
                    sleep_seconds=self._budget.sleep_of_a_call,
                    most=0,
                    notice=self._statement_begins,
                )
                self._charge()
                self._take_notes(reply)
                if reply.get("incomplete") is True and self._go_full():
                    continue
                return True
            except (Overdue, ChildEnded) as problem:
                blamed = self._blamed(slow=isinstance(problem, Overdue))
                self._end()
                hopeless = blamed is None or blamed in self._skip or len(self._skip) == MOST_SKIPPED
                if blamed is not None and blamed not in self._skip:
                    self._skip.append(blamed)
                if hopeless and self._full:
                    self._full = self._may_be_fuller = False  # what the functions seem to need still runs
                    self._skip = self._skip[:MOST_SKIPPED]
                else:
                    self._hopeless = hopeless
        return False

    def _blamed(self, *, slow: bool) -> tuple[int, int] | None:
        """The statement that ended a loading child, or took most of its time."""
        used = self._child.cpu_seconds() if self._child is not None and slow else 0.0
        if used < LOAD_CPU_SECONDS or not self._running:
            return self._at  # it slept, or ended the process
        starts = [start for _, start in self._running]
        times = [end - start for start, end in zip(starts, [*starts[1:], used], strict=True)]
        return self._running[times.index(max(times))][0]

    def _statement_begins(self, report: dict[str, Any]) -> None:
        """Note which statement the loading child is about to run."""
        self._at = line_of(report, "cell"), line_of(report, "line")
        if self._child is not None and len(self._running) < MOST_STATEMENTS:
            self._running.append((self._at, self._child.cpu_seconds()))

    def _take_notes(self, reply: dict[str, Any]) -> None:
        functions = reply.get("functions")
        if reply.get("op") != "loaded" or not isinstance(functions, dict):
            raise ChildEnded("its answer is out of step")
        self._left_out = reply.get("left_out") is True
        self.parameters = {
            name: tuple(
                text[:40] for text in functions[name] if isinstance(text, str) and text.isidentifier()
            )
            for name in self._functions
            if isinstance(functions.get(name), list)
        }
        self._missing = {name for name in self._functions if name not in functions}
        notes = reply.get("notes")
        self.notes = [
            Note(cell=line_of(note, "cell"), line=line_of(note, "line"), text=text_of(note, "text", 500))
            for note in (notes if isinstance(notes, list) else [])[:50]
            if isinstance(note, dict)
        ]

    def _end(self, spoilt: bool = False) -> None:
        self._restarts -= spoilt
        if self._child is not None:
            self._child.end()
            self._charge()
            self._child = None

    def _charge(self) -> None:
        assert self._child is not None  # callers check this
        self._budget.charge(*self._child.taken())

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()


def _spec(name: str, packer: frames.Packer, arguments: tuple[Value, ...]) -> str:
    """A call as JSON; `name` is the function's, as JSON."""
    return f"[{name},[{','.join([packer.text(argument) for argument in arguments])}]]"


class _Packing(NamedTuple):
    """What all calls of a site have in common on their way to a child."""

    name: str  # the function's, as JSON
    specs: list[str]  # of the arguments; those that tell a place in the arena are made anew
    limits: tuple[float, float]  # a call's seconds of processor time, and what it adds to those of all calls


class CallBatch:
    """Calls of several functions that go in one frame; arguments are copied when a call is added."""

    def __init__(self, session: Session, child: Child) -> None:
        self._session, self._child = session, child
        child.arena.clear()
        self._packer = frames.Packer(child.arena, copies=True, share=child.share)
        self._specs: list[str] = []
        self._calls: list[tuple[Value, ...]] = []
        self._sites: list[CallSite] = []

    @property
    def is_full(self) -> bool:
        """Whether it should be sent before more is added."""
        return len(self._specs) >= LARGEST_BATCH or self._child.arena.used > self._child.arena.half // 4

    def add(self, site: CallSite, arguments: tuple[Value, ...]) -> None:
        """Add a call of a function that has answered before; raises FrameError for a callable argument."""
        session, packing = self._session, site.packing
        if packing is None:
            specs = [self._packer.text(argument) for argument in arguments]
            added = session._budget.added_by(site.cpu_seconds, site.function)
            site.packing = _Packing(json.dumps(site.function), specs, (site.cpu_seconds, added))
            text = ",".join(specs)
        else:
            text = self._packer.again(arguments, packing.specs)
        self._specs.append(f"[{site.packing.name},[{text}]]")
        self._calls.append(arguments)
        self._sites.append(site)
        session._served.add(site.function)

    def send(self) -> list[Value] | None:
        """Make the calls: their values, each of its site's form.

        None where they did not come back so: the child has ended, at no cost to the submission, and the calls
        have to be made again one by one, so that each is judged alone.
        """
        session, sites = self._session, self._sites
        if session._child is not self._child or session._budget.left(sites[0].packing.limits[1]) <= 0:
            self.abandon()
            return None
        try:
            values = session._exchange(
                self._packer,
                self._specs,
                self._calls,
                [site.packing.limits for site in sites],
                session._budget.sleep_of_a_call,
                read=self._values,
                lend=True,
            )
        except (Overdue, ChildEnded, MemoryError):
            values = None
        if values is None:
            self.abandon()
        elif self._child.has_threads(training=True):
            session._end()
        return values

    def _values(
        self, reply: frames.Header, reader: frames.Unpacker, calls: Sequence[tuple[Value, ...]]
    ) -> list[Value] | None:
        return read_values(reply, reader, [site.form for site in self._sites])

    def abandon(self) -> None:
        """End the child: what it was asked for is asked again in a fresh one."""
        self._session._end()
