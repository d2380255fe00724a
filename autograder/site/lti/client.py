"""Requests to learning platforms, bounded in time and size and without redirects, and the keys for them."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
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


TIMEOUT = 10  # seconds without a byte
LONGEST_REPLY = 20  # seconds for a whole reply
LARGEST = 4 * 1024**2


class PlatformError(Exception):
    """A learning platform did not answer as expected; the text has its reply.

    `silent` means that it did not answer at all, or not to the end, so that every further request would wait;
    `status` is that of its answer, 0 without one.
    """

    def __init__(self, text: str, *, silent: bool = False, status: int = 0) -> None:
        super().__init__(text)
        self.silent, self.status = silent, status


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
            data, ends = b"", time.monotonic() + LONGEST_REPLY
            while chunk := answer.read1(65_536):
                data += chunk
                if len(data) > LARGEST:
                    raise PlatformError(f"{address} answered more than {LARGEST} bytes")
                if time.monotonic() > ends:
                    text = f"{address} did not come to the end of its answer"
                    raise PlatformError(text, silent=True)
            return Reply(json.loads(data) if data.strip() else None, dict(answer.headers.items()))
    except HTTPError as problem:
        reply_text = problem.read(500).decode("utf-8", "replace")
        raise PlatformError(
            f"{address} answered {problem.code}: {' '.join(reply_text.split())[:300]}", status=problem.code
        ) from problem
    except ValueError as problem:
        raise PlatformError(f"{address} answered something that is not JSON") from problem
    except (OSError, HTTPException) as problem:
        raise PlatformError(f"{address} cannot be reached: {problem}", silent=True) from problem


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


@dataclass
class _KeySet:
    """The keys of one platform, and when they were requested, in milliseconds."""

    keys: dict[str, Any] = field(default_factory=dict)
    read_at: int | None = None
    requested_at: int | None = None
    problem: PlatformError | None = None  # of the newest request
    reading: Future[None] | None = None
    began: float = 0.0  # of `reading`, in seconds of the machine


class PlatformKeys:
    """The platforms' public keys, cached for an hour; each platform is asked at most once a minute.

    `request` reads in a thread of its own, so that a silent platform holds up nobody's page, and `find` waits
    for nothing: what failed stays failed until the minute is over.
    """

    def __init__(self) -> None:
        self._known: dict[str, _KeySet] = {}
        self._lock = threading.Lock()

    def request(self, address: str, name: str, now: int) -> Future[None] | None:
        """Begin to read the keys of a platform if a key is unknown or old; what to wait for, if anything."""
        with self._lock:
            known = self._known.setdefault(address, _KeySet())
            if name in known.keys and known.read_at is not None and 0 <= now - known.read_at <= CACHED:
                return None
            if known.reading is not None:
                return known.reading if time.monotonic() - known.began < TIMEOUT else None
            if known.requested_at is not None and 0 <= now - known.requested_at <= RETRY_AFTER:
                return None
            known.reading, known.began, known.requested_at = Future(), time.monotonic(), now
            reading = known.reading
        threading.Thread(target=self._read, args=(address, known, now), daemon=True).start()
        return reading

    def find(self, address: str, name: str) -> Any:
        """A public key by its id; None if the platform does not have it. Raises PlatformError."""
        with self._lock:
            known = self._known.get(address, _KeySet())
            if name in known.keys:
                return known.keys[name]
            if known.problem is not None:
                raise known.problem
            if known.read_at is None:
                raise PlatformError(f"{address} has not answered yet")
            return None

    def _read(self, address: str, known: _KeySet, now: int) -> None:
        problem, keys = None, known.keys
        try:
            keys = _read_keys(request_json(address).data)
        except PlatformError as failure:
            problem = failure
        except Exception as failure:  # whatever a platform sends, launches get a sentence
            problem = PlatformError(f"{address} answered something that cannot be read: {failure}")
        with self._lock:
            known.problem, known.keys, reading = problem, keys, known.reading
            if problem is None:
                known.read_at = now
            known.reading = None
        if reading is not None:
            reading.set_result(None)


def _read_keys(data: Any) -> dict[str, Any]:
    """The RSA keys by id."""
    keys = {}
    listed = data.get("keys") if isinstance(data, dict) else None
    for key in listed if isinstance(listed, list) else []:
        with suppress(jwt.PyJWTError, TypeError, AttributeError):
            if key.get("kty") == "RSA" and key.get("kid"):
                keys[str(key["kid"])] = jwt.PyJWK.from_dict({**key, "alg": "RS256"}).key
    return keys
