"""Hands in an archive with a link in place of the notebook."""

import tarfile


def make(folder):
    """Build the hand-in in the student's folder."""
    with tarfile.open(folder / "work.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("tiny.ipynb")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)
