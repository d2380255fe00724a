"""Identity providers on this machine: OpenID Connect over HTTP, and SAML 2.0 with a key of its own."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.jwk import RSAKey
from local_http import POLL_SECONDS

CLIENT, SECRET = "course-site", "a secret of this site"


class OidcSimulator:
    """A provider that signs everybody in as `user`, and does what `changes` says to its ID tokens."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, parameters={"kid": "k1"})
        self.other_key = RSAKey.generate_key(2048, parameters={"kid": "k1"})
        self.user: dict[str, Any] = {"sub": "user-1", "student_number": "ann"}
        self.changes: dict[str, Any] = {}
        self.sign_with_other_key = False
        self.issuer = ""
        self.codes: dict[str, dict[str, str]] = {}
        self.now = time.time

    def document(self) -> dict[str, Any]:
        """The discovery document."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent back to."""
        assert query["response_type"] == "code" and query["code_challenge_method"] == "S256"
        assert query["client_id"] == CLIENT and "openid" in query["scope"].split()
        code = secrets.token_urlsafe(8)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """The tokens for a code, which is used up; None for a wrong one."""
        basic = base64.b64encode(f"{CLIENT}:{SECRET.replace(' ', '+')}".encode()).decode()
        plain = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        right = asked is not None and asked["code_challenge"] == base64.urlsafe_b64encode(
            challenge
        ).decode().rstrip("=")
        if not right or asked is None or authorization not in (f"Basic {basic}", f"Basic {plain}"):
            return None
        now = int(self.now())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.user,
            **self.changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        key = self.other_key if self.sign_with_other_key else self.key
        token = jwt.encode({"alg": "RS256", "kid": "k1"}, claims, key)
        return {"access_token": "x", "token_type": "Bearer", "expires_in": 300, "id_token": token}


@contextmanager
def oidc_provider() -> Iterator[OidcSimulator]:
    """A provider that answers at a port of this machine."""
    simulator = OidcSimulator()

    class Handler(BaseHTTPRequestHandler):
        def _reply(self, status: int, values: Any, **headers: str) -> None:
            body = json.dumps(values).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/.well-known/openid-configuration":
                self._reply(200, simulator.document())
            elif parts.path == "/keys":
                public = simulator.key.as_dict(private=False)
                self._reply(200, {"keys": [{**public, "kid": "k1", "use": "sig", "alg": "RS256"}]})
            elif parts.path == "/authorize":
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self._reply(302, {}, Location=simulator.authorize(query))
            else:
                self._reply(404, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            tokens = simulator.token(form, self.headers.get("Authorization", ""))
            self._reply(200 if tokens else 400, tokens or {"error": "invalid_grant"})

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    simulator.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True)
    thread.start()
    try:
        yield simulator
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def certificate(folder: Path) -> tuple[Path, Path]:
    """A key and a certificate that it signed itself."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example.org")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    key_file, certificate_file = folder / "idp.key", folder / "idp.crt"
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return key_file, certificate_file


class SamlSimulator:
    """A provider of SAML: its metadata, and signed answers to requests."""

    def __init__(self, folder: Path) -> None:
        from saml2 import BINDING_HTTP_REDIRECT
        from saml2.config import IdPConfig
        from saml2.metadata import entity_descriptor

        self.folder = folder
        self.key, self.certificate = certificate(folder)
        self.settings: dict[str, Any] = {
            "entityid": "https://idp.example.org/metadata",
            "xmlsec_binary": "/usr/bin/xmlsec1",
            "key_file": str(self.key),
            "cert_file": str(self.certificate),
            "service": {
                "idp": {
                    "endpoints": {
                        "single_sign_on_service": [("https://idp.example.org/sso", BINDING_HTTP_REDIRECT)]
                    },
                    "name_id_format": ["urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"],
                    "policy": {"default": {"attribute_restrictions": None, "lifetime": {"minutes": 5}}},
                }
            },
        }
        self.metadata = str(entity_descriptor(IdPConfig().load(dict(self.settings))))

    def answer(
        self, location: str, site_metadata: bytes, user: str, number: str, *, signed: bool = True
    ) -> dict[str, str]:
        """The fields of the form that brings the answer to the request in an address."""
        from saml2 import BINDING_HTTP_REDIRECT
        from saml2.config import IdPConfig
        from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
        from saml2.server import Server

        path = self.folder / "site.xml"
        path.write_bytes(site_metadata)
        config = IdPConfig().load({**self.settings, "metadata": {"local": [str(path)]}})
        query = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        server = Server(config=config)
        try:
            request = server.parse_authn_request(query["SAMLRequest"], BINDING_HTTP_REDIRECT).message
            response = server.create_authn_response(
                {"uid": number},
                request.id,
                request.assertion_consumer_service_url,
                request.issuer.text,
                name_id=NameID(format=NAMEID_FORMAT_PERSISTENT, text=user),
                authn={"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"},
                sign_assertion=signed,
                sign_response=False,
            )
        finally:
            server.close()
        encoded = base64.b64encode(str(response).encode()).decode()
        return {"SAMLResponse": encoded, "RelayState": query["RelayState"]}
