"""What students get of an assignment: a folder and a ZIP archive that work by themselves."""

from __future__ import annotations

from autograder.release.bundle import release

__all__ = ["release"]
