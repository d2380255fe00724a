"""What a notebook finds in Jupyter besides Python and NumPy, as stand-ins. Runs in a child only.

Plotting libraries, progress bars, `display` and `get_ipython` only show something to a person, and nobody
is looking when a notebook is graded. Nothing here is protection: a submission may use it as it likes.
Imports the standard library and NumPy alone.
"""

from __future__ import annotations

import builtins
import importlib.machinery
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

JUPYTERS = ("IPython", "ipykernel")  # by which notebooks know, too: `"ipykernel" in sys.modules`
ITEMS = 16  # that iterating over a stand-in yields, so that a loop over colours runs


class StandIn:
    """An object of which every attribute, item and call is a stand-in again."""

    def __init__(self, *_: Any, **__: Any) -> None:
        """Whatever it is made with is dropped."""

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Nothing is done; a function alone is handed back, so that a decorator leaves it as it is."""
        if len(arguments) == 1 and not named and isinstance(arguments[0], types.FunctionType):
            return arguments[0]
        return StandIn()

    def __getattr__(self, name: str) -> Any:
        """Some methods' results are taken apart; all others are stand-ins."""
        if name.startswith("__"):
            raise AttributeError(name)
        return RESULTS.get(name) or StandIn()

    def __getitem__(self, key: Any) -> Any:
        return StandIn()

    def __format__(self, spec: str) -> str:
        return ""

    def __setitem__(self, key: Any, value: Any) -> None:
        """Settings such as rcParams are dropped."""

    def __iter__(self) -> Iterator[Any]:
        return iter([StandIn() for _ in range(ITEMS)])

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: Any) -> None:
        """Nothing is left to close."""


class Settings(StandIn):
    """The settings of Jupyter's shell."""

    def __contains__(self, key: object) -> bool:
        return key == "IPKernelApp"


class ZMQInteractiveShell(StandIn):
    """What `get_ipython()` gives: by its name and its settings notebooks know that they are in Jupyter."""

    __module__ = "ipykernel.zmqshell"
    config = Settings()


def subplots(rows: int = 1, columns: int = 1, *, squeeze: bool = True, **named: Any) -> tuple[Any, Any]:
    """A figure and its axes, in the shape that matplotlib gives them."""
    rows, columns = named.get("nrows", rows), named.get("ncols", columns)
    axes = np.empty((int(rows), int(columns)), dtype=object)
    for place in np.ndindex(axes.shape):
        axes[place] = StandIn()
    if not squeeze:
        return StandIn(), axes
    return StandIn(), axes.item() if axes.size == 1 else axes.squeeze()


RESULTS: dict[str, Callable[..., Any]] = {
    "subplots": subplots,
    "plot": lambda *_, **__: [StandIn()],
    "hist": lambda *_, **__: (np.zeros(1), np.zeros(2), StandIn()),
    "subplot_mosaic": lambda *_, **__: (StandIn(), StandIn()),
    "get_legend_handles_labels": lambda *_, **__: ([], []),
    "get_xlim": lambda *_, **__: (0.0, 1.0),
    "get_ylim": lambda *_, **__: (0.0, 1.0),
}


class Bar:
    """A progress bar as tqdm makes them: the items, and nothing to see."""

    def __init__(self, iterable: Iterable[Any] | None = None, *_: Any, **__: Any) -> None:
        self.iterable, self.n = iterable if iterable is not None else (), 0

    def __iter__(self) -> Iterator[Any]:
        return iter(self.iterable)

    def __len__(self) -> int:
        return len(self.iterable)  # type: ignore[arg-type]  # as in tqdm, an error for what has none

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: Any) -> None:
        """Nothing is left to close."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: None


def bars(*arguments: Any, **_: Any) -> Bar:
    """A bar over range(*arguments)."""
    return Bar(range(*arguments))


@contextmanager
def unfinished_is_fine() -> Iterator[None]:
    """As in a notebook: a function that is still to be written ends only the block."""
    with suppress(NotImplementedError):
        yield


def load_images(*_: Any, **__: Any) -> Any:
    """The images of a homework are the judge's when it grades."""
    raise FileNotFoundError("the images cannot be loaded when graded: they come as arguments")


CONTENTS: dict[str, dict[str, Any]] = {
    "tqdm": {"tqdm": Bar, "trange": bars, "tqdm_notebook": Bar, "tnrange": bars},
    "IPython": {"get_ipython": ZMQInteractiveShell, "display": lambda *_, **__: None},
    "autograder": {
        "check": lambda *_, **__: None,
        "progress": lambda items, *_, **__: iter(items),
        "unfinished_is_fine": unfinished_is_fine,
        "load_images": load_images,
    },
}


class StandInModule(types.ModuleType):
    """A module whose every name is there."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        top = self.__name__.partition(".")[0]
        if top in CONTENTS and name in CONTENTS[top]:
            return CONTENTS[top][name]
        if top == "autograder":
            raise AttributeError(f"module {top!r} has no attribute {name!r} when graded")
        return RESULTS.get(name) or StandIn()


class Imports:
    """The import hook of a child: NumPy, the standard library, stand-ins, and what %%writefile wrote.

    It says what cannot be imported; this is kindness, not protection.
    """

    def __init__(self, cells: Any) -> None:
        self._cells = cells
        self.loading = True  # while the notebook's own cells run

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """A module of ours, or None to leave it to the usual finders."""
        top = name.partition(".")[0]
        if self._is_written(name) or (
            top in self._cells.STAND_INS and (top != "autograder" or (self.loading and name == top))
        ):
            loader: Any = self  # by its methods
            return importlib.machinery.ModuleSpec(name, loader, is_package=True)
        if top != "numpy" and top not in sys.stdlib_module_names:
            raise ModuleNotFoundError(self._cells.not_importable(top), name=name)
        return None

    def create_module(self, spec: Any) -> types.ModuleType | None:
        """A module that has every name, or an ordinary one for a file that the notebook wrote."""
        return None if self._is_written(spec.name) else StandInModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Run what the notebook wrote."""
        path, source = self._source(module.__name__)
        if source is not None:
            exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)

    def _is_written(self, name: str) -> bool:
        """Whether the notebook wrote a module: its file, or files of a package."""
        folder = name.replace(".", "/") + "/"
        return self._source(name)[1] is not None or any(
            path.startswith(folder) for path in self._cells.written
        )

    def _source(self, name: str) -> tuple[str, str | None]:
        """The path of a module that the notebook wrote, and what is in it; None where it wrote none."""
        path = name.replace(".", "/")
        is_importable = name.partition(".")[0] in sys.stdlib_module_names | {"numpy"}
        for file in (f"{path}.py", f"{path}/__init__.py"):
            if file in self._cells.written:
                return file, self._cells.written[file]
            if not is_importable:  # files that cells opened themselves are kept in memory
                with suppress(OSError, ValueError), open(file, encoding="utf-8") as stream:
                    return file, stream.read()
        return path, None

    def loaded(self) -> None:
        """The cells have run: from here on our own package is as far away as any other."""
        self.loading = False
        sys.modules.pop("autograder", None)


def install(cells: Any) -> Imports:
    """Put the import hook in place, and what Jupyter adds to the built-in names."""
    hook = Imports(cells)
    sys.meta_path.insert(0, hook)
    for name, value in {
        "display": lambda *_, **__: None,
        "get_ipython": ZMQInteractiveShell,
        "input": lambda *_: "",
    }.items():
        setattr(builtins, name, value)
    for name in JUPYTERS:
        sys.modules[name] = module = StandInModule(name)
        module.__path__ = []  # a package, whose modules the hook makes
    return hook
