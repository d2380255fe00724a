"""Notebooks, cells and outputs as nbgrader wants them: nbformat's nodes, version 4."""

from __future__ import annotations

from typing import Any

from nbformat import v4

__all__ = ["new_cell", "new_notebook", "new_output"]

V4: Any = v4  # it has no types
KINDS = ("code", "markdown", "raw")


def new_notebook(cells: list[Any]) -> Any:
    """A notebook."""
    return V4.new_notebook(cells=cells)


def new_cell(kind: object, source: str, metadata: dict[str, Any] | None = None) -> Any:
    """A cell; one of an unknown kind becomes raw text."""
    known = kind if kind in KINDS else "raw"
    return getattr(V4, f"new_{known}_cell")(source, metadata=metadata or {})


def new_output(kind: str, data: dict[str, str]) -> Any:
    """An output of a code cell; `data` is the same by type."""
    more = {"execution_count": None} if kind == "execute_result" else {}
    return V4.new_output(kind, data, **more)
