"""The package around QTI documents: a ZIP archive with an imsmanifest.xml that says what is what.

The manifest is IMS Content Packaging's (1.1.3 for QTI 1.2, 1.1.4 for QTI 2.1).
"""

from __future__ import annotations

import io
import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from autograder.errors import AutograderError, UsageError
from autograder.submissions.archive import members
from autograder.submissions.deterministic_zip import deterministic_zip
from quizzes.interchange.xml_tree import element, parsed, written

__all__ = ["ImportedItem", "Package", "Picture", "Pictures", "Resource", "packed", "read_package"]


MANIFEST = "imsmanifest.xml"
PACKAGING = "http://www.imsglobal.org/xsd/imscp_v1p1"
SCHEMAS = {"1.2": ("IMS Content", "1.1.3"), "2.1": ("QTIv2.1 Package", "1.0.0")}
MOST_FILES = 5000
MOST_BYTES = 200 * 1024**2  # unpacked
AGAIN = "Export the package anew, as QTI 1.2 or 2.1."


@dataclass(frozen=True)
class Resource:
    """What the manifest says of a document."""

    ident: str
    kind: str  # such as imsqti_xmlv1p2
    files: Sequence[str]  # the document first
    needs: Sequence[str] = ()  # ids of other resources


@dataclass(frozen=True)
class Package:
    """A package that was read: its files, and the documents in the manifest's order."""

    files: Mapping[str, bytes]
    resources: Sequence[Resource]

    def of_kind(self, start: str) -> list[Resource]:
        """The documents whose kind begins so."""
        return [one for one in self.resources if one.kind.startswith(start)]

    def document(self, resource: Resource) -> Element:
        """A resource's document; raises UsageError where it is gone, or is not XML."""
        name = resource.files[0] if resource.files else resource.ident
        if name not in self.files:
            raise UsageError(f"The package names {name}, which is not in it.", next_step=AGAIN)
        return parsed(self.files[name], name)

    def beside(self, document: str, reference: str) -> bytes | None:
        """A file that a document refers to, by a path from the package's root or from itself."""
        places = (reference, posixpath.normpath(posixpath.join(posixpath.dirname(document), reference)))
        return next((self.files[place] for place in places if place in self.files), None)


def packed(version: str, ident: str, resources: Sequence[Resource], files: Mapping[str, bytes]) -> bytes:
    """The package's bytes, the same each time."""
    schema, number = SCHEMAS[version]
    said = element("metadata", {}, element("schema", {}, schema), element("schemaversion", {}, number))
    listed = [
        element(
            "resource",
            {"identifier": one.ident, "type": one.kind, "href": one.files[0]},
            *(element("file", {"href": name}) for name in one.files),
            *(element("dependency", {"identifierref": other}) for other in one.needs),
        )
        for one in resources
    ]
    manifest = element(
        "manifest",
        {"identifier": f"{ident}-manifest", "xmlns": PACKAGING},
        said,
        element("organizations"),
        element("resources", {}, *listed),
    )
    return deterministic_zip({**files, MANIFEST: written(manifest)})


def read_package(path: Path) -> Package:
    """A package; raises UsageError for what is none, is damaged, or unpacks to far too much."""
    try:
        data = path.read_bytes()
        with members(io.BytesIO(data), MOST_FILES, MOST_BYTES) as archive:
            files = {posixpath.normpath(one.name): one.read() for one in archive if one.kind == "file"}
    except OSError as problem:
        raise UsageError(f"{path} cannot be read: {problem.strerror}.") from problem
    except AutograderError as problem:
        raise UsageError(f"{path}: {problem.message}", next_step=AGAIN) from problem
    manifest = next((name for name in sorted(files, key=len) if posixpath.basename(name) == MANIFEST), None)
    if manifest is None:
        raise UsageError(f"{path} holds no {MANIFEST}.", next_step=AGAIN)
    root = posixpath.dirname(manifest)
    inside = {posixpath.relpath(name, root or "."): data for name, data in files.items()}
    return Package(inside, [_resource(one) for one in parsed(files[manifest], MANIFEST).iter("resource")])


def _resource(one: Element) -> Resource:
    named = [one.get("href", ""), *(file.get("href", "") for file in one.findall("file"))]
    files = [posixpath.normpath(name) for name in dict.fromkeys(named) if name]
    needs = [other.get("identifierref", "") for other in one.findall("dependency")]
    return Resource(one.get("identifier", ""), one.get("type", ""), files, needs)


@dataclass(frozen=True)
class Picture:
    """A picture from a package."""

    file: str  # its name beside the bank
    alt: str
    data: bytes


Pictures = Callable[[str], tuple[str, list[Picture]]]  # takes pictures of the package out of HTML


@dataclass(frozen=True)
class ImportedItem:
    """One item; `data` is what the bank's file says of it, but for its id."""

    name: str
    data: dict[str, Any]
    pictures: list[Picture] = field(default_factory=list)
