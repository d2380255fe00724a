"""Finds the documents of a package that hold questions, each question once.

A course that Canvas exports holds a quiz twice: for other systems in Common Cartridge's few kinds, and whole
in its own file beside it, where its banks are, too. The manifest does not name them all.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from quizzes.interchange.package import HEAD, MANIFEST, QTI_ROOT, Package, Resource

__all__ = ["question_documents", "test_documents"]


TEST_ROOT = re.compile(rb"<(?:\w+:)?assessmentTest[\s>]")
CANVAS_FOLDER = "non_cc_assessments"


def question_documents(package: Package) -> Iterator[str]:
    """The names of the documents to read, in the manifest's order and then the rest.

    A document that the manifest names and the package lacks is among them, so that it is reported.
    """
    listed = list(dict.fromkeys(_listed(package)))
    others = [name for name in sorted(package.files) if name not in listed and name != MANIFEST]
    own_files = {
        posixpath.basename(name).split(".")[0]: name
        for name in package.files
        if posixpath.basename(posixpath.dirname(name)) == CANVAS_FOLDER
    }
    given = set()
    for name in listed + [other for other in others if _holds_questions(package, other)]:
        own_file = own_files.get(_quiz_of(package, name)) if _is_cartridge(package, name) else None
        document = own_file or name
        if document not in given:
            given.add(document)
            yield document


def test_documents(package: Package) -> Iterator[str]:
    """The names of the documents that put questions together to a test."""
    for name in sorted(package.files):
        if TEST_ROOT.search(package.files[name][:HEAD]):
            yield name


def _listed(package: Package) -> Iterator[str]:
    for resource in package.resources:
        if _is_test(resource):
            continue
        if resource.kind.startswith("imsqti_"):
            yield resource.files[0] if resource.files else resource.ident
        else:
            yield from (name for name in resource.files if _holds_questions(package, name))


def _is_test(resource: Resource) -> bool:
    """Whether it lists questions and holds none."""
    return resource.kind.startswith(("imsqti_test_", "imsqti_assessment_"))


def _holds_questions(package: Package, name: str) -> bool:
    data = package.files.get(name, b"")
    return bool(QTI_ROOT.search(data[:HEAD]))


def _is_cartridge(package: Package, name: str) -> bool:
    return any(name in resource.files and "imscc" in resource.kind for resource in package.resources)


def _quiz_of(package: Package, name: str) -> str:
    """The identifier of the quiz that a document belongs to."""
    owner = next((resource for resource in package.resources if name in resource.files), None)
    folder = posixpath.basename(posixpath.dirname(name))
    return owner.ident if owner and owner.kind.startswith("imsqti_") else folder
