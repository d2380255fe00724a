"""The engine as it is installed here: its version, and what it needs of other packages."""

from __future__ import annotations

from importlib import metadata

from autograder.errors import UsageError

__all__ = ["engine_facts", "engine_needs"]

NAME = __name__.partition(".")[0]


def engine_facts() -> metadata.PackageMetadata:
    """What the installed package says of itself; raises UsageError where the engine is not installed."""
    try:
        return metadata.metadata(NAME)
    except metadata.PackageNotFoundError as problem:
        raise UsageError(
            "The engine is not installed here, so its version and what it needs are not known.",
            next_step="Install it, in the folder with pyproject.toml: pip install --editable .",
        ) from problem


def engine_needs() -> list[str]:
    """The packages that it needs, as requirements, extras left out; raises UsageError likewise."""
    engine_facts()
    return [need for need in metadata.requires(NAME) or [] if "extra ==" not in need]
