"""The clean process that children are forked from: Python and NumPy, nothing of ours.

Started as `python -P -s zygote.py FD SECONDS [LAYER TO LEAVE OUT ...]`; its clocks are SECONDS ahead. Over
the control socket FD the judge asks for a child (sending along the child's end of a connection) or for the
end of one; a forked child costs about 2 ms, a fresh interpreter with NumPy 100.

    judge → zygote   b"P" + <QQ length, 0> + JSON list of sources: parse them once, for all children
    judge → zygote   b"S" + <QQ memory, cpu_seconds> with two descriptors     → <q pid>
    judge → zygote   b"E" + <qq pid, 0>: kill it and all it started, reap it      → <q wait status> <d cpu>
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import json
import os
import signal
import socket
import struct
import sys
import typing
import warnings

MESSAGE = 17  # bytes of every message from the judge; a shorter one is padded

# Imported before the fork, with the standard library: children find them ready, also where they cannot open
# a file any more. `from numpy import *` asks for numpy.f2py as well.
SUBMODULES = """
collections.abc concurrent.futures.process concurrent.futures.thread dbm.dumb email.mime.text encodings.cp437
encodings.cp1252 encodings.idna encodings.latin_1 encodings.utf_16 encodings.utf_8_sig http.client http.server
importlib.metadata importlib.resources logging.config logging.handlers multiprocessing.dummy
multiprocessing.pool unittest.mock urllib.parse urllib.request xml.dom.minidom xml.etree.ElementTree xml.sax
numpy.char numpy.ctypeslib numpy.dtypes numpy.exceptions numpy.f2py numpy.fft numpy.lib.format
numpy.lib.introspect numpy.lib.mixins numpy.lib.npyio numpy.lib.recfunctions numpy.lib.scimath
numpy.lib.stride_tricks numpy.linalg numpy.ma numpy.polynomial numpy.random numpy.rec numpy.strings
numpy.testing numpy.typing
"""
# What a notebook on a server has no use for: it draws windows, asks for a terminal, makes environments, or
# does something as soon as it is imported. `distutils` takes longer than all others together.
LEFT_OUT = {
    *("antigravity", "distutils", "ensurepip", "idlelib", "lib2to3", "readline", "rlcompleter", "this"),
    *("tkinter", "turtle", "turtledemo", "venv"),
}


def import_before_the_fork() -> None:
    """Import the standard library and NumPy, as far as this Python has them."""
    names = {name for name in sys.stdlib_module_names if not name.startswith("_")} - LEFT_OUT
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some are deprecated
        for name in (*sorted(names), "numpy", *SUBMODULES.split()):
            with contextlib.suppress(ImportError):  # of another system, or without the library behind it
                importlib.import_module(name)


def load(name: str) -> typing.Any:
    """One of the files beside this one, by path: they are in no package here."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".py")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(control: socket.socket, clock_shift: float, without: set[str]) -> None:
    """Serve the judge until it hangs up."""
    os.environ.pop("PYTHONHASHSEED", None)  # it has done its work
    files = load("files_in_memory").FilesInMemory()
    files.install()
    import_before_the_fork()
    names = ("confinement", "frames", "runner", "cells", "arena", "stand_ins", "edits")
    confinement, frames, runner, cells, arena, stand_ins, edits = (load(name) for name in names)
    if clock_shift:
        load("shifted_clock").install(clock_shift)
    layers = (load(name) for name in ("landlock", "seccomp", "syscalls"))
    restrictions = confinement.Confinement(*layers, without)
    warm_up(frames, runner, cells)
    gc.collect()
    gc.freeze()  # children share these pages instead of copying them at their first collection
    control.sendall(restrictions.level().encode().ljust(8))
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, MESSAGE, 2)
        if not message:
            return
        if message[:1] == b"P":
            cells.prepare(json.loads(read(control, struct.unpack("<QQ", message[1:])[0])))
            gc.freeze()
        elif message[:1] == b"S":
            memory, cpu_seconds = struct.unpack("<QQ", message[1:])
            try:
                pid = os.fork()
            except OSError as problem:  # too many processes, or no memory: the judge says so
                pid = -(problem.errno or 1)
            if pid == 0:
                code = 1
                try:
                    shared = arena.Arena(descriptors[1], first_half=False)
                    restrictions.apply(descriptors[0], memory, cpu_seconds)
                    files.activate(cells.written)
                    runner.serve(confinement.SOCKET_FD, frames, cells, shared, stand_ins, edits)
                    code = 0
                finally:
                    os._exit(code)
            for descriptor in descriptors:
                os.close(descriptor)
            control.sendall(struct.pack("<q", pid))
        else:
            control.sendall(end(struct.unpack("<qq", message[1:])[0]))


def read(control: socket.socket, count: int) -> bytes:
    """Exactly `count` bytes from the judge."""
    piece = b""
    while len(piece) < count:
        got = control.recv(count - len(piece))
        if not got:
            sys.exit()
        piece += got
    return piece


SAMPLE_CELL = """
import numpy as np
def f(x, a=1.0):
    for y in [x]:
        z = y[0] if a else -x
    return z @ x, (a,)
"""


def warm_up(frames: typing.Any, runner: typing.Any, cells: typing.Any) -> None:
    """Do once what every child does: the first time loads what is lazy, and it is shared from here on."""
    import numpy  # not before there are files in memory: NumPy keeps a reference to `open`

    sample = runner.Runner(None, frames, cells, None)
    cells.run_definitions(
        [(1, SAMPLE_CELL)], ["f"], sample.namespace, set(), lambda *_: None, sample.describe
    )
    packer = frames.Packer()
    specs = f"[{packer.text(numpy.random.default_rng(0).normal(size=(2, 2)))},{packer.text(1.0)}]"
    for lend in (0, 1):
        header = f'{{"op":"calls","calls":[["f",{specs}]],"most":1000,"lend":{lend},"report":0}}'
        request = frames.parse_header(header.encode())
        frames.frame(*sample.answer(request, b"".join(packer.buffers)))
    sample.namespace.clear()


def end(pid: int) -> bytes:
    """Kill a child with everything in its session and reap it."""
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue  # not a group leader yet, or gone already
    _, status, usage = os.wait4(pid, 0)
    return struct.pack("<qd", status, usage.ru_utime + usage.ru_stime)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), float(sys.argv[2]), set(sys.argv[3:]))
