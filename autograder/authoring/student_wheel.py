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

__all__ = ["engine_wheel", "package_metadata", "package_requirements"]


PACKAGE = Path(__file__).parents[1]
NAME = PACKAGE.name
HELD = {".py", ".html", ".css", ".js", ".typed"}
# What instructors' commands alone import; students have a Jupyter of their own.
NOT_FOR_STUDENTS = {
    *("fsspec", "httpx", "jupyter", "nbclient", "nbgrader"),
    *("python-multipart", "sqlalchemy", "starlette", "uvicorn"),
}


def engine_wheel() -> tuple[str, bytes]:
    """The wheel's file name and its bytes; the same each time.

    Raises UsageError where the engine is not installed.
    """
    version = package_metadata()["Version"]
    info = f"{NAME}-{version}.dist-info"
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
    return f"{NAME}-{version}-py3-none-any.whl", deterministic_zip(files)


def _metadata(version: str) -> str:
    facts = package_metadata()
    wanted = [
        requirement
        for requirement in package_requirements()
        if re.split(r"[^\w.-]", requirement)[0].lower() not in NOT_FOR_STUDENTS
    ]
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {NAME}",
        f"Version: {version}",
        f"Summary: {facts['Summary']}",
        f"Requires-Python: {facts['Requires-Python']}",
        *(f"Requires-Dist: {need}" for need in sorted(wanted)),
    ]
    return "\n".join(lines) + "\n"


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


DISTRIBUTION = __name__.partition(".")[0]


def package_metadata() -> metadata.PackageMetadata:
    """The metadata of the installed package; raises UsageError where the engine is not installed."""
    try:
        return metadata.metadata(DISTRIBUTION)
    except metadata.PackageNotFoundError as problem:
        raise UsageError(
            "The engine is not installed here, so its version and what it needs are not known.",
            next_step="Install it in the directory with pyproject.toml: pip install --editable .",
        ) from problem


def package_requirements() -> list[str]:
    """The packages that it needs, as requirements, extras left out; raises UsageError likewise."""
    package_metadata()
    return [need for need in metadata.requires(DISTRIBUTION) or [] if "extra ==" not in need]
