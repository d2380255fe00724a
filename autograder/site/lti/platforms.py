"""The registered learning platforms: `lti.yaml` beside course.yaml.

platforms:
  - issuer: https://canvas.instructure.com
    client_id: "10000000000042"
    login_url: https://sso.canvaslms.com/api/lti/authorize_redirect
    token_url: https://sso.canvaslms.com/login/oauth2/token
    keys_url: https://sso.canvaslms.com/api/lti/security/jwks
    deployments: ["42:abc"]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from autograder.yaml_source import read_yaml

__all__ = ["FILE", "Platform", "Platforms", "is_safe_address", "read_platforms"]


FILE = "lti.yaml"


def is_safe_address(address: str) -> bool:
    """Whether an address is safe from eavesdropping: https, or this machine itself."""
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
        raise ValueError(f"{address!r} is not an https address")
    return address


Address = Annotated[str, AfterValidator(_safe)]


class Platform(BaseModel):
    """One registration of our tool with a platform."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str = Field(min_length=1, description="The platform's name of itself in its tokens.")
    client_id: str = Field(min_length=1, description="The tool's id on the platform.")
    login_url: Address = Field(description="Where a browser is sent to be signed in (OIDC).")
    token_url: Address = Field(description="Where access tokens are requested (OAuth 2).")
    keys_url: Address = Field(description="The platform's public keys (JWKS).")
    # Empty only for a platform that registered itself: courses are connected one by one all the same.
    deployments: list[str] = Field(default_factory=list, description="The deployments that may launch.")
    audience: str = Field(
        default="", description="The audience of requests for access tokens; token_url if left out."
    )


class WrittenPlatform(Platform):
    """A registration in lti.yaml."""

    deployments: list[str] = Field(min_length=1, description="The deployments that may launch.")


class PlatformFile(BaseModel):
    """The content of lti.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    platforms: list[WrittenPlatform] = Field(default_factory=list)

    @model_validator(mode="after")
    def _different(self) -> PlatformFile:
        names = [(platform.issuer, platform.client_id) for platform in self.platforms]
        if len(set(names)) < len(names):
            raise ValueError("two platforms have the same issuer and client_id")
        return self


@dataclass(frozen=True)
class Platforms:
    """All registrations."""

    platforms: Sequence[Platform] = ()

    def find(self, issuer: str, client: str = "") -> Platform | None:
        """A registration; without a client id the issuer's only one; None if there is none."""
        registered = [
            platform
            for platform in self.platforms
            if platform.issuer == issuer and client in ("", platform.client_id)
        ]
        return registered[0] if len(registered) == 1 else None

    def joined(self, others: Iterable[Platform]) -> Platforms:
        """These and others; of two with one issuer and client, the one in these."""
        known = {(platform.issuer, platform.client_id): platform for platform in [*others, *self.platforms]}
        return Platforms(tuple(known.values()))


def read_platforms(folder: Path) -> Platforms:
    """The registrations in lti.yaml; none without it. Raises ContentError with file, line and key."""
    path = folder / FILE
    return Platforms(tuple(read_yaml(path, PlatformFile).platforms)) if path.exists() else Platforms()
