"""ZIP archives with the same bytes each time: names in order, no times, plain rights."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

__all__ = ["zipped"]

FIRST_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that the format knows
READABLE = 0o100644 << 16
UNIX = 3


def zipped(files: Mapping[str, bytes]) -> bytes:
    """An archive of these files."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name in sorted(files):
            member = zipfile.ZipInfo(name, FIRST_TIME)
            member.external_attr, member.create_system = READABLE, UNIX
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, files[name])
    return whole.getvalue()
