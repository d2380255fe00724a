"""Keys: our own, with which we sign, and the platforms' public ones, fetched when they are needed."""

from __future__ import annotations

import hashlib
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from quizzes.lti.http import Unanswered, ask

__all__ = ["PlatformKeys", "ToolKey"]

FILE = "lti-key.pem"
BITS = 2048
FRESH = 60_000  # milliseconds before an unknown key is asked for again: nobody can make us ask all day
KEPT = 3_600_000


class ToolKey:
    """Our own key; platforms get its public half."""

    def __init__(self, private: rsa.RSAPrivateKey) -> None:
        self._private = private
        public = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
        self.id = hashlib.sha256(public["n"].encode()).hexdigest()[:16]
        self.public = {"kty": "RSA", "n": public["n"], "e": public["e"], "alg": "RS256", "use": "sig"}
        self.public["kid"] = self.id

    @classmethod
    def beside(cls, folder: Path) -> ToolKey:
        """The key in a folder, made at the first call; only its owner may read it."""
        path = folder / FILE
        if not path.exists():
            made = rsa.generate_private_key(public_exponent=65537, key_size=BITS).private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            own = path.with_name(f"{FILE}.{os.getpid()}")
            with os.fdopen(os.open(own, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as opened:
                opened.write(made)
            with suppress(FileExistsError):
                os.link(own, path)  # whole or not at all: of two servers that begin, one makes it
            own.unlink()
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
        assert isinstance(private, rsa.RSAPrivateKey)
        return cls(private)

    def signed(self, claims: dict[str, Any]) -> str:
        """A token."""
        return jwt.encode(claims, self._private, algorithm="RS256", headers={"kid": self.id})


class PlatformKeys:
    """The platforms' public keys, kept for an hour; an unknown one is asked for at most once a minute."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, dict[str, Any]]] = {}
        self._lock = threading.Lock()

    def find(self, address: str, name: str, now: int) -> Any:
        """A public key by its name; None when the platform has none of it. Raises Unanswered."""
        with self._lock:
            since, keys = self._known.get(address, (None, {}))
            stale = since is None or now - since > (KEPT if name in keys else FRESH)
            if stale:
                try:
                    keys = _read(ask(address).data)
                except Unanswered:
                    if name not in keys:
                        raise
                self._known[address] = now, keys
            return keys.get(name)


def _read(data: Any) -> dict[str, Any]:
    """Keys by name; what is no RSA key is left out."""
    found = {}
    for one in data.get("keys", []) if isinstance(data, dict) else []:
        with suppress(jwt.PyJWTError, TypeError, AttributeError):
            if one.get("kty") == "RSA" and one.get("kid"):
                found[str(one["kid"])] = jwt.PyJWK.from_dict({**one, "alg": "RS256"}).key
    return found
