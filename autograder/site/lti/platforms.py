"""Which learning platforms may launch our quizzes: `lti.yaml` beside course.yaml.

platforms:
  - issuer: https://canvas.instructure.com
    client_id: "10000000000042"
    login_url: https://sso.canvaslms.com/api/lti/authorize_redirect
    token_url: https://sso.canvaslms.com/login/oauth2/token
    keys_url: https://sso.canvaslms.com/api/lti/security/jwks
    deployments: ["42:abc"]
"""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from autograder.yaml_source import read_yaml

__all__ = ["FILE", "Platform", "Platforms", "is_safe_address", "read_platforms"]


FILE = "lti.yaml"


def is_safe_address(address: str) -> bool:
    """Whether what is sent there is read by nobody on the way: https, or this machine itself."""
    parts = urlsplit(address)
    if parts.scheme == "https":
        return bool(parts.hostname)
    if parts.scheme != "http" or not parts.hostname:
        return False
    try:
        return ip_address(parts.hostname).is_loopback
    except ValueError:
        return parts.hostname == "localhost"


def _safe(address: str) -> str:
    if not is_safe_address(address):
        raise ValueError(f"{address!r} is no https address")
    return address


Address = Annotated[str, AfterValidator(_safe)]


class Platform(BaseModel):
    """One registration of our tool with a platform."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str = Field(min_length=1, description="As the platform names itself in its tokens.")
    client_id: str = Field(min_length=1, description="What the platform calls our tool.")
    login_url: Address = Field(description="Where a browser is sent to be signed in (OIDC).")
    token_url: Address = Field(description="Where we get leave to write scores (OAuth 2).")
    keys_url: Address = Field(description="The platform's public keys (JWKS).")
    deployments: list[str] = Field(min_length=1, description="The deployments that may launch.")
    audience: str = Field(default="", description="What a request for leave is for; token_url if left out.")


class Platforms(BaseModel):
    """All registrations."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    platforms: list[Platform] = Field(default_factory=list)

    @model_validator(mode="after")
    def _different(self) -> Platforms:
        names = [(one.issuer, one.client_id) for one in self.platforms]
        if len(set(names)) < len(names):
            raise ValueError("two platforms have the same issuer and client_id")
        return self

    def find(self, issuer: str, client: str = "") -> Platform | None:
        """A registration; without a client the issuer's only one."""
        found = [one for one in self.platforms if one.issuer == issuer and client in ("", one.client_id)]
        return found[0] if len(found) == 1 else None


def read_platforms(folder: Path) -> Platforms:
    """The registrations of a course; none without the file. Raises ContentError with file, line and key."""
    path = folder / FILE
    return read_yaml(path, Platforms) if path.exists() else Platforms()
