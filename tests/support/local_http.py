"""How tests call servers of this machine: `httpx.Client(base_url=address, **LOCAL)`.

httpx gives up after 5 s and reads all certificates of the machine for each client, which takes 20 ms of
processor time, unless it is told otherwise.
"""

from __future__ import annotations

import ssl
from typing import Any

from patience import PATIENCE

__all__ = ["LOCAL", "POLL_SECONDS"]

LOCAL: dict[str, Any] = {"timeout": PATIENCE, "verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)}
POLL_SECONDS = 0.01  # between the looks of a test's own server at whether it is ended; usually half a second
