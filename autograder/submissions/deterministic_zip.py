"""ZIP archives with the same bytes each time: sorted names, no times, fixed permissions.

Releases, feedback for platforms and Gradescope's autograder are written with it.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Mapping

__all__ = ["deterministic_zip"]

FIRST_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that the format knows
READABLE, EXECUTABLE = 0o100644 << 16, 0o100755 << 16
UNIX = 3


def deterministic_zip(files: Mapping[str, bytes], executable: Collection[str] = ()) -> bytes:
    """An archive of these files; those named may be executed."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name in sorted(files):
            member = zipfile.ZipInfo(name, FIRST_TIME)
            member.external_attr = EXECUTABLE if name in executable else READABLE
            member.create_system, member.compress_type = UNIX, zipfile.ZIP_DEFLATED
            archive.writestr(member, files[name])
    return whole.getvalue()
