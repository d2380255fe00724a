"""A learning platform on loopback: it signs launches with a real key, checks ours, and keeps a gradebook."""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from local_http import LOCAL, POLL_SECONDS
from patience import PATIENCE

from autograder.site.database import Database
from autograder.site.lti.contexts import connect
from autograder.site.lti.users import Context

CLIENT, DEPLOYMENT, CONTEXT = "client-7", "deployment-1", "course-1"
CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
LEARNER, INSTRUCTOR = f"{MEMBERSHIP}#Learner", f"{MEMBERSHIP}#Instructor"


_new_key = partial(rsa.generate_private_key, public_exponent=65537, key_size=2048)
_keys: list[rsa.RSAPrivateKey] = []  # of platforms that are closed: making one takes long


class Platform:
    """The platform's state; `failing` lets its gradebook answer 503."""

    def __init__(self) -> None:
        self.private = _keys.pop() if _keys else _new_key()
        self.key_id = "k1"
        self.tool_keys = ""  # the address of the tool's public keys
        self.scores: list[dict[str, Any]] = []
        self.line_items: list[dict[str, Any]] = []
        self.members: list[dict[str, Any]] = []
        self.failing = 0
        self.keys_requested = 0
        self.configuration: dict[str, Any] = {}  # changes of what it says of itself to tools
        self.registration_token = secrets.token_hex(8)
        self.registrations: list[dict[str, Any]] = []  # what tools said of themselves
        self.answering = threading.Event()  # its keys are silent while this is clear
        self.answering.set()
        self.serving = threading.Event()  # its services are silent while this is clear
        self.serving.set()
        self.unserved = 0  # requests that came while they were silent
        self.access_token = secrets.token_hex(8)
        self.asked_for_leave = 0
        #: Pages for a browser: by path, what makes one of a request's fields.
        self.pages: dict[str, Callable[[dict[str, str]], str]] = {}
        platform = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                platform.answer(self, b"")

            def do_POST(self) -> None:
                platform.answer(self, self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(POLL_SECONDS,), daemon=True).start()

    def registration(self) -> str:
        """What lti.yaml says of it."""
        return (
            f"platforms:\n  - issuer: {self.address}\n    client_id: {CLIENT}\n"
            f"    login_url: {self.address}/auth?keep=1\n    token_url: {self.address}/token\n"
            f"    keys_url: {self.address}/keys\n    deployments: [{DEPLOYMENT}]\n"
        )

    def answer(self, request: Any, body: bytes) -> None:
        """One request."""
        url = urlsplit(request.path)
        if page := self.pages.get(url.path):
            fields = parse_qs(body.decode() if body else url.query)
            _send_page(request, page({name: values[0] for name, values in fields.items()}))
            return
        status = 404
        data: dict[str, Any] | list[dict[str, Any]] = {}
        headers: dict[str, str] = {}
        if url.path == "/keys":
            self.keys_requested += 1
            self.answering.wait(PATIENCE)
            public = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
            status, data = 200, {"keys": [{**public, "kid": self.key_id, "alg": "RS256", "use": "sig"}]}
        elif url.path == "/openid":
            status, data = 200, self._configuration()
        elif url.path == "/register":
            if request.headers.get("Authorization") == f"Bearer {self.registration_token}":
                self.registrations.append(json.loads(body))
                status, data = 200, {**self.registrations[-1], "client_id": CLIENT}
            else:
                status, data = 401, {"error": "invalid_token"}
        elif not self._serves():
            status = 504
        elif url.path == "/token":
            status, data = self._token({name: values[0] for name, values in parse_qs(body.decode()).items()})
        elif request.headers.get("Authorization") != f"Bearer {self.access_token}":
            status = 401
        elif self.failing:
            self.failing -= 1
            status = 503
        elif url.path == "/items/1/scores" and url.query == "type=quiz":
            assert request.headers["Content-Type"] == "application/vnd.ims.lis.v1.score+json"
            self.scores.append(json.loads(body))
            status = 200
        elif url.path == "/items" and request.command == "GET":
            (wanted,) = parse_qs(url.query)["resource_link_id"]
            status = 200
            data = [
                {**item, "id": f"{self.address}/items/1?type=quiz"}
                for item in self.line_items
                if item["resourceLinkId"] == wanted
            ]
        elif url.path == "/items":
            self.line_items.append(json.loads(body))
            status = 201
            data = {"id": f"{self.address}/items/1?type=quiz"}
        elif url.path == "/members":
            at = int(parse_qs(url.query).get("page", ["0"])[0])
            status, data = 200, {"members": self.members[2 * at : 2 * at + 2]}
            if 2 * at + 2 < len(self.members):
                headers["Link"] = f'<{self.address}/members?page={at + 1}>; rel="next"'
        reply = json.dumps(data).encode()
        request.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(reply))}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(reply)

    def _serves(self) -> bool:
        """Wait until the services answer."""
        self.unserved += not self.serving.is_set()
        return self.serving.wait(PATIENCE)

    def _configuration(self) -> dict[str, Any]:
        """What it says of itself to tools that register."""
        endpoints = {
            "registration_endpoint": "register",
            "authorization_endpoint": "auth",
            "token_endpoint": "token",
            "jwks_uri": "keys",
        }
        known: dict[str, Any] = {name: f"{self.address}/{path}" for name, path in endpoints.items()}
        known |= {
            "issuer": self.address,
            "scopes_supported": [
                "openid",
                "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem",
                "https://purl.imsglobal.org/spec/lti-ags/scope/score",
                "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",
            ],
            "https://purl.imsglobal.org/spec/lti-platform-configuration": {"product_family_code": "moodle"},
            **self.configuration,
        }
        return {name: value for name, value in known.items() if value is not None}

    def _token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Leave for whoever signs with the tool's key."""
        keys = httpx.get(self.tool_keys, **LOCAL).json()["keys"]
        name = jwt.get_unverified_header(form["client_assertion"])["kid"]
        key = next(jwt.PyJWK.from_dict(jwk).key for jwk in keys if jwk["kid"] == name)
        claims = jwt.decode(
            form["client_assertion"],
            key,
            algorithms=["RS256"],
            audience=f"{self.address}/token",
            issuer=CLIENT,
        )
        assert claims["sub"] == CLIENT and claims["jti"]
        assert form["grant_type"] == "client_credentials" and form["scope"].startswith(
            "https://purl.imsglobal.org/"
        )
        self.asked_for_leave += 1
        return 200, {"access_token": self.access_token, "expires_in": 3600, "token_type": "Bearer"}

    def claims(self, nonce: str, now: float, /, **changes: Any) -> dict[str, Any]:
        """What a sound launch by ann says; `changes` take the places of claims, None takes one away."""
        claims = {
            "iss": self.address,
            "aud": CLIENT,
            "sub": "user-1",
            "iat": int(now),
            "exp": int(now) + 300,
            "nonce": nonce,
            "name": "Ann Lee",
            "email": "ann@example.org",
            f"{CLAIM}message_type": "LtiResourceLinkRequest",
            f"{CLAIM}version": "1.3.0",
            f"{CLAIM}deployment_id": DEPLOYMENT,
            f"{CLAIM}target_link_uri": "https://tool.example/quizzes/all",
            f"{CLAIM}resource_link": {"id": "link-1"},
            f"{CLAIM}context": {"id": CONTEXT, "title": "Deep Learning & Co."},
            f"{CLAIM}roles": [LEARNER],
            "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": {
                "scope": ["https://purl.imsglobal.org/spec/lti-ags/scope/score"],
                "lineitem": f"{self.address}/items/1?type=quiz",
                "lineitems": f"{self.address}/items",
            },
            "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice": {
                "context_memberships_url": f"{self.address}/members",
                "service_versions": ["2.0"],
            },
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def signed(self, claims: dict[str, Any], *, key: Any = None, kid: str = "") -> str:
        """A token."""
        return jwt.encode(claims, key or self.private, algorithm="RS256", headers={"kid": kid or self.key_id})

    def close(self) -> None:
        """End the platform."""
        self.answering.set()
        self.serving.set()
        self.server.shutdown()
        self.server.server_close()
        _keys.append(self.private)


def _send_page(request: Any, page: str) -> None:
    data = page.encode()
    request.send_response(200)
    request.send_header("Content-Type", "text/html; charset=utf-8")
    request.send_header("Content-Length", str(len(data)))
    request.end_headers()
    request.wfile.write(data)


class Browser:
    """A browser that comes from the platform, and keeps cookies."""

    def __init__(self, platform: Platform, tool: str, clock: Any = time.time) -> None:
        self.platform, self.tool, self.clock = platform, tool, clock
        self.http = httpx.Client(base_url=tool, **LOCAL)
        weakref.finalize(self, self.http.close)  # a browser that nobody holds any more is closed

    def login(self, **parameters: str) -> dict[str, str]:
        """Begin; what the tool asks the platform for."""
        login = {"iss": self.platform.address, "login_hint": "ann", "client_id": CLIENT, **parameters}
        reply = self.http.post("/lti/login", data=login, headers={"Sec-Fetch-Site": "cross-site"})
        assert reply.status_code == 303, reply.text
        return {
            name: values[0] for name, values in parse_qs(urlsplit(reply.headers["Location"]).query).items()
        }

    def post(self, token: str, state: str) -> httpx.Response:
        """The platform's form, as a browser sends it from another site."""
        headers = {"Sec-Fetch-Site": "cross-site", "Origin": self.platform.address}
        return self.http.post("/lti/launch", data={"id_token": token, "state": state}, headers=headers)

    def choose(self, **settings: Any) -> httpx.Response:
        """The whole way of a teacher who asks what to link to, in a frame; `settings` are the request's."""
        login = self.login()
        asked = {
            "deep_link_return_url": f"{self.platform.address}/return?course=1",
            "accept_types": ["link", "ltiResourceLink"],
            "accept_presentation_document_targets": ["iframe", "window"],
            "accept_multiple": True,
            "data": "csrf-7",
            **settings,
        }
        claims = self.platform.claims(
            login["nonce"],
            self.clock(),
            **{
                f"{CLAIM}message_type": "LtiDeepLinkingRequest",
                f"{CLAIM}roles": [INSTRUCTOR],
                f"{CLAIM}resource_link": None,
                "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings": {
                    name: value for name, value in asked.items() if value is not None
                },
            },
        )
        self.http.cookies.clear()  # browsers send none from a frame
        headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe"}
        form = {"id_token": self.platform.signed(claims), "state": login["state"]}
        return self.http.post("/lti/launch", data=form, headers=headers)

    def launch(self, **changes: Any) -> httpx.Response:
        """The whole way."""
        login = self.login()
        claims = self.platform.claims(login["nonce"], self.clock(), **changes)
        return self.post(self.platform.signed(claims), login["state"])


def connected(database: Database, platform: Platform, *names: str) -> None:
    """Connect courses of a platform, the usual one without names, as an instructor here does once."""
    with database.transaction() as connection:
        for name in names or (CONTEXT,):
            context = Context(platform.address, CLIENT, DEPLOYMENT, name)
            connect(connection, context, at=1, who="instructor")


@contextlib.contextmanager
def platform_for(course: Path) -> Iterator[Platform]:
    """A platform that is registered with a course."""
    platform = Platform()
    (course / "lti.yaml").write_text(platform.registration(), encoding="utf-8")
    try:
        yield platform
    finally:
        platform.close()
