"""Requests to learning platforms, bounded in time and size and without redirects, and the keys for them."""

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

__all__ = ["PlatformError", "PlatformKeys", "Reply", "ToolKey", "request_json"]


TIMEOUT = 10  # seconds
LARGEST = 4 * 1024**2


class PlatformError(Exception):
    """A learning platform did not answer as expected; the text has its reply."""


class _NoRedirect(HTTPRedirectHandler):
    """Follows no redirect: a request is meant for its address alone."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> None:
        """Refuse the redirect."""


OPENER = build_opener(_NoRedirect)


@dataclass(frozen=True)
class Reply:
    """A reply of a platform."""

    data: Any
    headers: Mapping[str, str]


def request_json(
    address: str, body: bytes | None = None, kind: str = "", *, accept: str = "", access_token: str = ""
) -> Reply:
    """The JSON reply to a GET, or to a POST if there is a body; raises PlatformError."""
    if not is_safe_address(address):
        raise PlatformError(f"{address} is not an https address")
    headers = {"Accept": accept or "application/json", "User-Agent": "quizzes"}
    if kind:
        headers["Content-Type"] = kind
    if access_token:
        headers["Authorization"] = f"Bearer {access_token}"
    try:
        with OPENER.open(Request(address, body, headers), timeout=TIMEOUT) as answer:
            data = answer.read(LARGEST + 1)
            if len(data) > LARGEST:
                raise PlatformError(f"{address} answered more than {LARGEST} bytes")
            return Reply(json.loads(data) if data.strip() else None, dict(answer.headers.items()))
    except HTTPError as problem:
        reply_text = problem.read(500).decode("utf-8", "replace")
        raise PlatformError(
            f"{address} answered {problem.code}: {' '.join(reply_text.split())[:300]}"
        ) from problem
    except ValueError as problem:
        raise PlatformError(f"{address} answered something that is not JSON") from problem
    except (OSError, HTTPException) as problem:
        raise PlatformError(f"{address} cannot be reached: {problem}") from problem


FILE = "lti-key.pem"
BITS = 2048
RETRY_AFTER = (
    60_000  # milliseconds before an unknown key is requested again, so that nobody can cause a flood
)
CACHED = 3_600_000  # milliseconds


class ToolKey:
    """The tool's private key; platforms get the public half."""

    def __init__(self, private: rsa.RSAPrivateKey) -> None:
        self._private = private
        public = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
        self.id = hashlib.sha256(public["n"].encode()).hexdigest()[:16]
        self.public = {"kty": "RSA", "n": public["n"], "e": public["e"], "alg": "RS256", "use": "sig"}
        self.public["kid"] = self.id

    @classmethod
    def in_folder(cls, folder: Path) -> ToolKey:
        """The key in a folder, created by the first call and readable by its owner only."""
        path = folder / FILE
        if not path.exists():
            made = rsa.generate_private_key(public_exponent=65537, key_size=BITS).private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            temporary = path.with_name(f"{FILE}.{os.getpid()}")
            with os.fdopen(os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as opened:
                opened.write(made)
            with suppress(FileExistsError):
                os.link(temporary, path)  # atomic: of two servers that start at once, one creates it
            temporary.unlink()
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
        assert isinstance(private, rsa.RSAPrivateKey)
        return cls(private)

    def signed(self, claims: dict[str, Any]) -> str:
        """A signed token."""
        return jwt.encode(claims, self._private, algorithm="RS256", headers={"kid": self.id})


class PlatformKeys:
    """The platforms' public keys, cached for an hour; an unknown key is requested at most once a minute."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, dict[str, Any]]] = {}
        self._lock = threading.Lock()

    def find(self, address: str, name: str, now: int) -> Any:
        """A public key by its id; None if the platform does not have it. Raises PlatformError."""
        with self._lock:
            since, keys = self._known.get(address, (None, {}))
            stale = since is None or now - since > (CACHED if name in keys else RETRY_AFTER)
            if stale:
                try:
                    keys = _read_keys(request_json(address).data)
                except PlatformError:
                    if name not in keys:
                        raise
                self._known[address] = now, keys
            return keys.get(name)


def _read_keys(data: Any) -> dict[str, Any]:
    """The RSA keys by id."""
    keys = {}
    for key in data.get("keys", []) if isinstance(data, dict) else []:
        with suppress(jwt.PyJWTError, TypeError, AttributeError):
            if key.get("kty") == "RSA" and key.get("kid"):
                keys[str(key["kid"])] = jwt.PyJWK.from_dict({**key, "alg": "RS256"}).key
    return keys
