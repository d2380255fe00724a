"""The server's secret at work: what is derived from it, each purpose apart from the others."""

from __future__ import annotations

import hashlib
import hmac

__all__ = ["Signer"]


SHORTEST = 16


class Signer:
    """Derives signatures, seeds and stored forms of tokens from the server's secret."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < SHORTEST:
            raise ValueError(f"a secret has at least {SHORTEST} bytes")
        self._secret = secret

    def of(self, purpose: str, text: str) -> str:
        """The HMAC-SHA256 of a text for one purpose, in hexadecimal."""
        return hmac.new(self._secret, f"{purpose}\n{text}".encode(), hashlib.sha256).hexdigest()
