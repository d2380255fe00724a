"""Hands in an archive with a device in place of the notebook."""

import tarfile


def make(folder):
    """Build the hand-in in the student's folder."""
    with tarfile.open(folder / "work.tar", "w") as archive:
        info = tarfile.TarInfo("tiny.ipynb")
        info.type, info.devmajor, info.devminor = tarfile.CHRTYPE, 1, 5
        archive.addfile(info)
