"""Signatures, seeds and stored forms of tokens, derived from the server's secret for one purpose each."""

from __future__ import annotations

import hmac

__all__ = ["Signer"]


SHORTEST = 16


class Signer:
    """Derives texts from the server's secret."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < SHORTEST:
            raise ValueError(f"a secret has at least {SHORTEST} bytes")
        self._secret = secret

    def of(self, purpose: str, text: str) -> str:
        """The HMAC-SHA256 of a text for one purpose, in hexadecimal."""
        return hmac.digest(self._secret, f"{purpose}\n{text}".encode(), "sha256").hex()
