"""The runner: the only code of ours that shares a process with a submission.

It loads the submission's definitions and answers calls; it knows no check, no expected value and no
score, so a submission that takes it over gains nothing: whatever it sends is one more answer.
Imports the standard library and NumPy alone; the zygote loads it by path.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import json
import linecache
import mmap
import random
import socket
import sys
import threading
import time
import types
import warnings
from typing import Any

import numpy as np

MOST_PRINTED = 20_000  # characters kept over a child's life
LONGEST_TYPE, LONGEST_TEXT = 80, 500
PIECE = 64 * 1024  # bytes that one receive may bring: a whole request, as a rule
IGNORE_WARNINGS = [("ignore", None, Warning, None, 0)]
ERRORS: dict[str, Any] = {"divide": "warn", "over": "warn", "invalid": "warn", "under": "ignore"}
EDITS = {
    "edits.begin",
    "edits.tried",
    "edits.answer",
    "edits.removals",
    "edits.described",
}  # no name of Python has a dot
REPORT_SECONDS = 0.1  # after so long the judge is told that calls of a frame are done


class Printed(io.TextIOBase):
    """Standard output that keeps a bounded number of characters and drops the rest."""

    def __init__(self) -> None:
        self.left, self.parts = MOST_PRINTED, list[str]()

    def write(self, text: str) -> int:
        """Keep what there is room for."""
        kept = text[: self.left]
        self.left -= len(kept)
        if kept:
            self.parts.append(kept)
        return len(text)

    def take(self) -> str:
        """What was printed since the last call of this."""
        text, self.parts = "".join(self.parts), []
        return text[:2000]


class Runner:
    """Serves one connection: loads a submission, then answers calls."""

    def __init__(self, connection: socket.socket, frames: Any, cells: Any, arena: Any) -> None:
        self.connection, self.frames, self.cells_module, self.arena = connection, frames, cells, arena
        self.printed = Printed()
        self.main = types.ModuleType("__main__")  # as in a notebook, where it holds what the cells define
        self.namespace: dict[str, Any] = self.main.__dict__
        self.namespace["__builtins__"] = builtins
        self.imports: Any = None  # the import hook
        self.edits_module: Any = None  # makes versions of a function with one change
        self.edits: dict[str, Any] = {}  # those of each function that was asked for
        self.sources: dict[int, list[str]] = {}
        self.maps: list[tuple[int, list[int]]] = []  # shared float64 arrays: descriptor and shape
        self.received = b""  # what came with the last frame and does not belong to it
        self.number = 0  # of the request that is being answered
        self.asking = threading.Lock()  # held by whoever waits for the answer of a call-back

    def serve(self) -> None:
        """Answer requests until the judge hangs up."""
        sys.stdout = sys.stderr = self.printed
        while True:
            header, data = self.receive()
            if header["op"] == "load":
                self.send(self.load(header, data), [])
            elif header["op"] == "map":
                self.send({"op": "ready"}, [])  # an ordinary receive would drop the descriptor
                _, descriptors, _, _ = socket.recv_fds(self.connection, 1, 1)
                self.maps.append((descriptors[0], header["shape"]))
            else:
                self.send(*self.answer(header, data))
                del header, data  # arrays of the last call go before the next one's come

    def load(self, header: dict[str, Any], data: bytes) -> dict[str, Any]:
        """Run what the functions rest on, or all cells; says which of the wanted functions there are."""
        # Forks inherit one state: a fresh child must draw other numbers, the same ones in every grading.
        random.seed(header["child"])
        np.random.seed(header["child"])
        cells = json.loads(data)  # as data, not in the header: a notebook may be larger than a header
        self.sources = {number: source.split("\n") for number, source in cells}
        for number, lines in self.sources.items():  # for `inspect.getsource`
            linecache.cache[f"<cell {number}>"] = 0, None, [f"{line}\n" for line in lines], f"<cell {number}>"
        skip = {(cell, line) for cell, line in header["skip"]}
        full = header["full"]
        if full:  # cells that draw at random give the same each time the notebook is graded
            random.seed(0)
            np.random.seed(0)
        outcome = self.cells_module.run_cells(
            cells,
            header["functions"],
            self.namespace,
            skip,
            running=lambda cell, line: self.send({"op": "at", "cell": cell, "line": line}, []),
            describe=self.describe,
            full=full,
            python=header["python"],
        )
        if full and not any("seed(" in source for _, source in cells):
            # What a function draws when it is called differs from child to child.
            random.seed(header["child"])
            np.random.seed(header["child"])
        self.printed.take()
        self.printed.left = MOST_PRINTED
        self.imports.loaded()
        found = {
            name: parameters(self.namespace[name])
            for name in header["functions"]
            if callable(self.namespace.get(name))
        }
        return {
            "op": "loaded",
            "functions": found,
            "notes": outcome.notes[:50],
            "left_out": outcome.left_out,
            "incomplete": outcome.incomplete,
        }

    def answer(self, header: Any, data: bytes) -> tuple[str, list[Any]]:
        """Make the calls of one request; their values go into one frame."""
        if self.arena is not None:
            self.arena.clear()
        lend, report = header["lend"], header["report"]
        if header.plan is None:
            header.plan = [
                (name, [self.frames.plan_of(spec) for spec in specs]) for name, specs in header["calls"]
            ]
        reader = self.frames.Unpacker(data, self.arena, self.remote_function, self.mapped)
        # In training a large argument is lent: it is the judge's part of the arena, written anew each time.
        reader.copies_arena = not lend
        # The next call may write into what one returned.
        packer = self.frames.Packer(self.arena, copies=len(header.plan) > 1)
        answers: list[str] = []
        reported = time.monotonic() if report else 0.0
        np.seterr(**ERRORS)
        for name, plans in header.plan:
            if answers and report and time.monotonic() - reported > REPORT_SECONDS:
                self.send({"op": "at"}, [])  # each call has its own time
                reported = time.monotonic()
            start = reader.offset
            arguments = [reader.read(plan) for plan in plans]
            originals: list[Any] = []
            if not lend:
                sent = self.frames.Unpacker(data, self.arena, self.remote_function, self.mapped)
                sent.offset, sent.copies, sent.copies_arena = start, False, False
                originals = [sent.read(plan) for plan in plans]
            answer = self.call(name, arguments, originals, packer, header["most"], lend)
            answers.append(answer)
            if not answer.startswith('{"kind":"value"'):
                break  # the check fails here; what follows would not be looked at
        return f'{{"op":"answers","answers":[{",".join(answers)}]}}', packer.buffers

    def call(
        self, name: str, arguments: list[Any], originals: list[Any], packer: Any, most: int, training: bool
    ) -> str:
        """One call of a student's function, whatever it does short of ending the process: a JSON answer."""
        self.answered = self.arena.used if self.arena is not None else 0  # the arena's part that is taken
        packed = len(packer.buffers)
        warned: list[Any] = []
        try:
            if training:  # nobody reads the warnings of thousands of calls, and recording them takes time
                if warnings.filters != IGNORE_WARNINGS:
                    warnings.simplefilter("ignore")
                    warnings.filters[:] = IGNORE_WARNINGS  # type: ignore[index]  # a list
                value, converted = self.frames.plain(self.function(name)(*arguments))
            else:
                np.seterr(**ERRORS)
                with warnings.catch_warnings(record=True) as warned:
                    warnings.simplefilter("always")
                    value, converted = self.frames.plain(self.function(name)(*arguments))
            spec = packer.text(value)
            if packer.size > most or len(spec) > self.frames.MOST_HEADER - 64 * 1024:
                raise self.frames.FrameError("far more than was asked for")
            if training and not converted and not self.printed.parts:
                return f'{{"kind":"value","value":{spec}}}'
        except NotImplementedError as problem:
            if text := self.cells_module.unwritten(problem, self.namespace, name):
                answer = without_value("missing", text=text)
            else:
                answer = without_value("raised", **self.describe(problem), printed=self.printed.take())
        except MemoryError:
            text = f"{name} asked for more memory than a submission gets."
            answer = without_value("memory", text=text)
        except self.frames.FrameError as problem:
            answer = without_value("unusable", text=str(problem))
        except BaseException as problem:
            answer = without_value("raised", **self.describe(problem), printed=self.printed.take())
        else:
            answer = ""
        if answer:
            del packer.buffers[packed:]  # of a value that is packed in part
            return answer
        notes: dict[str, Any] = {}
        if changed := [i for i, pair in enumerate(zip(arguments, originals, strict=False)) if differ(*pair)]:
            notes["changed"] = changed
        if converted:
            notes["dtypes"] = converted[:8]
        if warned:
            notes["warnings"] = sorted({str(w.message)[:100] for w in warned[:50]})[:3]
        if self.printed.parts:
            notes["printed"] = self.printed.take()
        more = "," + json.dumps(notes)[1:-1] if notes else ""
        return f'{{"kind":"value","value":{spec}{more}}}'

    def function(self, name: str) -> Any:
        """A function of the submission, or one of ours that answers for versions of it with one change."""
        return getattr(self, name.replace(".", "_")) if name in EDITS else self.namespace[name]

    def edits_begin(self, name: str, source: str, most: int) -> int:
        """Make the versions of a function; returns how many there are."""
        self.edits[name] = self.edits_module.Edits(source, name, self.namespace, most)
        return len(self.edits[name].versions)

    def edits_tried(self, name: str, start: int, *arguments: Any) -> Any:
        """The answers of the versions from one on."""
        return self.edits[name].tried(start, arguments)

    def edits_removals(self, name: str, number: int) -> Any:
        """The versions that leave out something around the place of a version's change."""
        return self.edits[name].removals(number)

    def edits_answer(self, name: str, number: int, *arguments: Any) -> Any:
        """The answer of one version."""
        return self.edits[name].answer(number, *arguments)

    def edits_described(self, name: str, number: int) -> Any:
        """What one version changes."""
        return self.edits[name].described(number)

    def describe(self, problem: BaseException) -> dict[str, str]:
        """An exception as text: its type and message, and the student's own line."""
        text = type(problem).__name__[:LONGEST_TYPE]
        with contextlib.suppress(Exception):  # a hostile __str__ is no message
            message = str(problem)[:LONGEST_TEXT].strip()
            text += f": {message}" if message else ""  # as of a plain assert, or of sys.exit()
        if isinstance(problem, OSError) and isinstance(problem.filename, str):
            text += f" ({self.cells_module.NO_FILES})"
        place, step, deepest = "", problem.__traceback__, 0
        while step is not None and deepest < 5000:
            file = step.tb_frame.f_code.co_filename
            if file.startswith("<cell "):
                number = int(file[6:-1])
                lines = self.sources.get(number, [])
                source_line = lines[step.tb_lineno - 1].strip() if 0 < step.tb_lineno <= len(lines) else ""
                place = f"cell {number}, line {step.tb_lineno}: {source_line[:200]}"
            step, deepest = step.tb_next, deepest + 1
        return {"text": text, "trace": place}

    def remote_function(self, number: int) -> Any:
        """A callable argument: calling it asks the judge."""

        def function(*arguments: Any, **named: Any) -> Any:
            with self.asking:  # a student's threads call it one after the other
                if self.arena is not None:
                    self.arena.clear(keep=self.answered)  # the last call-back's arguments have been read
                packer = self.frames.Packer(self.arena)
                values = [*arguments, *named.values()]
                try:
                    specs = ",".join([packer.text(self.frames.plain(value)[0]) for value in values])
                    self.send(
                        f'{{"op":"callback","callable":{number},"args":[{specs}],'
                        f'"names":{json.dumps(list(named))}}}',
                        packer.buffers,
                    )
                except self.frames.FrameError as problem:
                    raise TypeError(f"cannot be given {problem}") from None
                header, data = self.receive()
                if "error" in header:
                    raise exception_of(header["error"])
                return self.frames.Unpacker(data, self.arena).value(header["value"])

        return function

    def mapped(self, number: int) -> Any:
        """A shared array, as a mapping of its own: what a student writes to it is theirs alone."""
        descriptor, shape = self.maps[number]
        size = 8 * int(np.prod(shape))
        memory = mmap.mmap(descriptor, size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE)
        return np.frombuffer(memory, np.float64).reshape(shape)

    def send(self, header: dict[str, Any] | str, buffers: list[Any]) -> None:
        """Send one frame."""
        self.connection.sendall(self.frames.frame(header, buffers, self.number))

    def receive(self) -> tuple[Any, bytes]:
        """Wait for one frame; ends the process when the judge has hung up."""
        start = self.frames.PREFIX.size
        piece = self.received or self.connection.recv(PIECE)
        while len(piece) < start:
            piece += self.more(PIECE)
        size, data_size, self.number = self.frames.PREFIX.unpack_from(piece)
        end = start + size + data_size
        if len(piece) < end:
            parts, left = [piece], end - len(piece)
            while left:
                parts.append(self.more(min(PIECE, left)))
                left -= len(parts[-1])
            piece = b"".join(parts)
        self.received = piece[end:]
        return self.frames.parse_header(piece[start : start + size]), piece[start + size : end]

    def more(self, most: int) -> bytes:
        """What comes next: at least one byte and at most so many."""
        piece = self.connection.recv(most)
        if not piece:
            raise SystemExit
        return piece


def exception_of(text: str) -> Exception:
    """The exception of a text such as "TypeError: unsupported"; ValueError for a type that Python lacks."""
    name, _, message = text.partition(": ")
    kind = getattr(builtins, name, None)
    if isinstance(kind, type) and issubclass(kind, Exception):
        with contextlib.suppress(Exception):  # some take more than a message
            if kind is KeyError:  # its text is the key's repr
                return kind(*([ast.literal_eval(message)] if message else []))
            return kind(message)
    return ValueError(text)


def without_value(kind: str, **parts: str) -> str:
    """A JSON answer of a call that brought no value."""
    return json.dumps({"kind": kind, **parts})


def differ(first: Any, second: Any) -> bool:
    """Whether an argument is no longer what was sent, bit for bit."""
    if type(first) is not type(second):
        return True
    if isinstance(first, np.ndarray):
        if first.dtype != second.dtype or first.shape != second.shape:
            return True
        whole = np.int64 if first.dtype.itemsize == 8 else np.uint8  # bits: a NaN equals itself
        return bool(np.any(first.view(whole) != second.view(whole)))
    if isinstance(first, (list, tuple)):
        return len(first) != len(second) or any(map(differ, first, second))
    return not callable(first) and repr(first) != repr(second)


def parameters(function: Any) -> list[str]:
    """The names of a function's parameters; none when it does not say."""
    code = getattr(function, "__code__", None)
    return [str(name)[:40] for name in code.co_varnames[: code.co_argcount]] if code is not None else []


def serve(descriptor: int, frames: Any, cells: Any, arena: Any, stand_ins: Any, edits: Any) -> None:
    """Serve the connection on a descriptor until the judge hangs up."""
    # Family, type and protocol are said so that nothing has to be asked of the kernel, which refuses.
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=descriptor)
    runner = Runner(connection, frames, cells, arena)
    runner.imports, runner.edits_module = stand_ins.install(cells), edits
    sys.modules["__main__"] = runner.main
    runner.serve()
