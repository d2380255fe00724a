"""Asking other servers: bounded in time and size, following nobody elsewhere."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from autograder.site.lti.platforms import is_safe_address

__all__ = ["PlatformError", "PlatformKeys", "Reply", "ToolKey", "ask"]


PATIENCE = 10  # seconds
LARGEST = 4 * 1024**2


class PlatformError(Exception):
    """Another server did not do what it was asked; the text says what it said."""


class _Stay(HTTPRedirectHandler):
    """A redirection is an answer like any other: what is sent is for this address alone."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> None:
        """Go nowhere."""


OPENER = build_opener(_Stay)


@dataclass(frozen=True)
class Reply:
    """What came back."""

    data: Any
    headers: Mapping[str, str]


def ask(
    address: str, body: bytes | None = None, kind: str = "", *, accept: str = "", leave: str = ""
) -> Reply:
    """A JSON answer; a POST where there is a body. Raises Unanswered."""
    if not is_safe_address(address):
        raise PlatformError(f"{address} is no https address")
    headers = {"Accept": accept or "application/json", "User-Agent": "quizzes"}
    if kind:
        headers["Content-Type"] = kind
    if leave:
        headers["Authorization"] = f"Bearer {leave}"
    try:
        with OPENER.open(Request(address, body, headers), timeout=PATIENCE) as answer:
            data = answer.read(LARGEST + 1)
            if len(data) > LARGEST:
                raise PlatformError(f"{address} answered more than {LARGEST} bytes")
            return Reply(json.loads(data) if data.strip() else None, dict(answer.headers.items()))
    except HTTPError as problem:
        said = problem.read(500).decode("utf-8", "replace")
        raise PlatformError(f"{address} answered {problem.code}: {' '.join(said.split())[:300]}") from problem
    except ValueError as problem:
        raise PlatformError(f"{address} answered something that is no JSON") from problem
    except (OSError, HTTPException) as problem:
        raise PlatformError(f"{address} cannot be reached: {problem}") from problem


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
                except PlatformError:
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
