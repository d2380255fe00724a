"""QTI packages: ZIP archives of documents with an imsmanifest.xml that lists them.

The manifest is IMS Content Packaging's (1.1.3 for QTI 1.2, 1.1.4 for QTI 2.1).
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from autograder.errors import AutograderError, UsageError
from autograder.submissions.archive import members
from autograder.submissions.deterministic_zip import deterministic_zip
from quizzes.interchange.xml_tree import element, parsed, written

__all__ = [
    "HEAD",
    "MANIFEST",
    "QTI_ROOT",
    "ImportedItem",
    "Package",
    "Picture",
    "Pictures",
    "Resource",
    "packed",
    "read_package",
    "unique_name",
]


MANIFEST = "imsmanifest.xml"
PACKAGING = "http://www.imsglobal.org/xsd/imscp_v1p1"
SCHEMAS = {"1.2": ("IMS Content", "1.1.3"), "2.1": ("QTIv2.1 Package", "1.0.0")}
MOST_FILES = 5000
MOST_BYTES = 200 * 1024**2  # unpacked
QTI_ROOT = re.compile(rb"<(?:\w+:)?(questestinterop|assessmentItem|qti-assessment-item)[\s>]")
HEAD = 20_000  # bytes in which the root element of a document begins
AGAIN = "Export the package anew, as QTI 1.2 or 2.1."


@dataclass(frozen=True)
class Resource:
    """The manifest's entry of a document."""

    ident: str
    kind: str  # such as imsqti_xmlv1p2
    files: Sequence[str]  # the document first
    needs: Sequence[str] = ()  # ids of other resources


@dataclass(frozen=True)
class Package:
    """A package that was read: its files, and the documents in the manifest's order."""

    files: Mapping[str, bytes]
    resources: Sequence[Resource]

    def document(self, name: str) -> Element:
        """A document; raises UsageError if it is missing or not XML."""
        if name not in self.files:
            raise UsageError(f"The package names {name}, which is not in it.", next_step=AGAIN)
        return parsed(self.files[name], name)

    def sibling(self, document: str, reference: str) -> bytes | None:
        """A file that a document refers to, by a path from the package's root or from itself."""
        paths = (
            posixpath.normpath(posixpath.join(posixpath.dirname(document), reference)),
            posixpath.normpath(reference),
            posixpath.join(
                "web_resources", posixpath.normpath(reference)
            ),  # where Canvas keeps a course's files
        )
        return next((self.files[path] for path in paths if path in self.files), None)


def packed(version: str, ident: str, resources: Sequence[Resource], files: Mapping[str, bytes]) -> bytes:
    """The bytes of a package, deterministic."""
    schema, number = SCHEMAS[version]
    metadata = element("metadata", {}, element("schema", {}, schema), element("schemaversion", {}, number))
    listed = [
        element(
            "resource",
            {"identifier": resource.ident, "type": resource.kind, "href": resource.files[0]},
            *(element("file", {"href": name}) for name in resource.files),
            *(element("dependency", {"identifierref": other}) for other in resource.needs),
        )
        for resource in resources
    ]
    manifest = element(
        "manifest",
        {"identifier": f"{ident}-manifest", "xmlns": PACKAGING},
        metadata,
        element("organizations"),
        element("resources", {}, *listed),
    )
    return deterministic_zip({**files, MANIFEST: written(manifest)})


def read_package(path: Path) -> Package:
    """Read a package; raises UsageError for a damaged, too large or other kind of file."""
    try:
        data = path.read_bytes()
        if not zipfile.is_zipfile(io.BytesIO(data)) and QTI_ROOT.search(data[:HEAD]):  # a document alone
            return Package({path.name: data}, [Resource(path.name, "imsqti_document", [path.name])])
        with members(io.BytesIO(data), MOST_FILES, MOST_BYTES) as archive:
            files = {
                posixpath.normpath(member.name): member.read() for member in archive if member.kind == "file"
            }
    except OSError as problem:
        raise UsageError(
            f"{path} cannot be read: {problem.strerror}.", next_step="Name a file that you can read."
        ) from problem
    except AutograderError as problem:
        raise UsageError(f"{path}: {problem.message}", next_step=AGAIN) from problem
    manifest = next((name for name in sorted(files, key=len) if posixpath.basename(name) == MANIFEST), None)
    if manifest is None:
        if any(QTI_ROOT.search(data[:HEAD]) for data in files.values()):
            return Package(files, [])
        raise UsageError(f"{path} holds no {MANIFEST}.", next_step=AGAIN)
    root = posixpath.dirname(manifest)
    inside = {posixpath.relpath(name, root or "."): data for name, data in files.items()}
    resources = [_resource(node, inside) for node in parsed(files[manifest], MANIFEST).iter("resource")]
    return Package(inside, resources)


def _resource(node: Element, inside: Mapping[str, bytes]) -> Resource:
    named = [node.get("href", ""), *(file.get("href", "") for file in node.findall("file"))]
    files = list(dict.fromkeys(_file_name(name, inside) for name in named if name))
    needs = [other.get("identifierref", "") for other in node.findall("dependency")]
    return Resource(node.get("identifier", ""), node.get("type", ""), files, needs)


def _file_name(reference: str, inside: Mapping[str, bytes]) -> str:
    """The file that a manifest means: some write its blanks as %20, or its folders with backslashes."""
    names = [
        reference,
        unquote(reference),
        reference.replace("\\", "/"),
        unquote(reference).replace("\\", "/"),
    ]
    plain = [posixpath.normpath(name) for name in names]
    return next((name for name in plain if name in inside), plain[0])


@dataclass(frozen=True)
class Picture:
    """A picture from a package."""

    file: str  # its name beside the bank
    alt: str
    data: bytes


def unique_name(name: str, taken: set[str]) -> str:
    """A name that no other question of the file has, added to those that are taken."""
    plain = " ".join(name.split()) or "item"
    unique, number = plain, 1
    while unique in taken:
        number += 1
        unique = f"{plain} ({number})"
    taken.add(unique)
    return unique


Pictures = Callable[[str], tuple[str, list[Picture]]]  # takes pictures of the package out of HTML


@dataclass(frozen=True)
class ImportedItem:
    """An imported item; `data` are its keys in a bank file, without the id."""

    name: str
    data: dict[str, Any]
    pictures: list[Picture] = field(default_factory=list)
    points: str = ""  # what it was worth, if its document says so
    ident: str = ""  # of the item, if the source has a fitting one
