"""The engine as a wheel for students: this package's files, and the requirements of a notebook.

The format is PEP 427's: the files, METADATA, WHEEL, entry points, and RECORD with every file's digest.
"""

from __future__ import annotations

import base64
import hashlib
import re
from importlib import metadata
from pathlib import Path

from autograder.errors import UsageError
from autograder.submissions.deterministic_zip import deterministic_zip

__all__ = ["DISTRIBUTION", "engine_wheel", "package_metadata", "package_requirements"]


PACKAGE = Path(__file__).parents[1]
NAME = PACKAGE.name
DISTRIBUTION = "recipe-autograder"  # on a package index `autograder` is another project
FILE_NAME = DISTRIBUTION.replace("-", "_")
HELD = {".py", ".html", ".css", ".js", ".typed"}
# What `check` and the handouts' plots import; students have a Jupyter of their own.
NEEDED = {"matplotlib", "numpy", "pydantic", "pyyaml"}
EXTRAS = {
    "images": {"platformdirs", "pooch", "scikit-learn"},  # notebooks that train on images
    "terminal": {"rich", "typer"},  # the command `autograder check`
}


def engine_wheel() -> tuple[str, bytes]:
    """The wheel's file name and its bytes; the same each time.

    Raises UsageError where the engine is not installed.
    """
    version = package_metadata()["Version"]
    info = f"{FILE_NAME}-{version}.dist-info"
    files = {
        f"{NAME}/{path.relative_to(PACKAGE).as_posix()}": path.read_bytes()
        for path in PACKAGE.rglob("*")
        if path.suffix in HELD and path.is_file() and "__pycache__" not in path.parts
    }
    files[f"{info}/METADATA"] = _metadata(version).encode()
    files[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: autograder release\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    files[f"{info}/entry_points.txt"] = f"[console_scripts]\n{NAME} = {NAME}.cli:main\n".encode()
    files[f"{info}/top_level.txt"] = f"{NAME}\n".encode()
    record = "".join(f"{name},sha256={_digest(data)},{len(data)}\n" for name, data in sorted(files.items()))
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    return f"{FILE_NAME}-{version}-py3-none-any.whl", deterministic_zip(files)


def _metadata(version: str) -> str:
    facts = package_metadata()
    known = {re.split(r"[^\w.-]", need)[0].lower(): need for need in package_requirements()}
    wanted = [need for name, need in known.items() if name in NEEDED]
    extras = [
        f"{need}; extra == '{extra}'"
        for extra, names in EXTRAS.items()
        for name, need in known.items()
        if name in names
    ]
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {DISTRIBUTION}",
        f"Version: {version}",
        f"Summary: {facts['Summary']}",
        f"Requires-Python: {facts['Requires-Python']}",
        *(f"Provides-Extra: {extra}" for extra in EXTRAS),
        *(f"Requires-Dist: {need}" for need in [*sorted(wanted), *sorted(extras)]),
    ]
    return "\n".join(lines) + "\n"


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def package_metadata() -> metadata.PackageMetadata:
    """The metadata of the installed package; raises UsageError where the engine is not installed."""
    try:
        return metadata.metadata(DISTRIBUTION)
    except metadata.PackageNotFoundError as problem:
        raise UsageError(
            "The engine is not installed here, so its version and what it needs are not known.",
            next_step="Install it in its checkout: pip install --constraint constraints.txt --editable .",
        ) from problem


def package_requirements() -> list[str]:
    """The packages that it needs, as requirements, extras left out; raises UsageError likewise."""
    package_metadata()
    return [need for need in metadata.requires(DISTRIBUTION) or [] if "extra ==" not in need]
