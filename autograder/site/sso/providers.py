"""The identity providers of a course: `sso.yaml` beside course.yaml.

providers:
  - id: university
    kind: oidc                          # OpenID Connect
    title: University account
    issuer: https://login.example.edu
    client_id: course-site
    client_secret_env: SSO_SECRET       # the environment variable that holds the secret
    person: student_number              # the claim that is the student ID on the roster
  - id: campus
    kind: saml                          # SAML 2.0; needs the program xmlsec1
    title: Campus login
    metadata: idp-metadata.xml          # of the provider, beside this file
    person: urn:oid:1.3.6.1.4.1.5923.1.1.1.6
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from autograder.errors import AutograderError, NotFound
from autograder.site.lti.platforms import is_safe_address
from autograder.yaml_source import read_yaml

__all__ = [
    "FILE",
    "OidcProvider",
    "Provider",
    "ProviderFile",
    "Providers",
    "SamlProvider",
    "provider_of",
    "providers_in",
]

FILE = "sso.yaml"
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


def _safe(address: str) -> str:
    if not is_safe_address(address):
        raise ValueError(f"{address!r} is not an https address")
    return address.rstrip("/")


class _Provider(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Name = Field(description="Its short name in addresses; it stays.")
    title: str = Field(min_length=1, description="As the sign-in page shows it.")
    person: str = Field(min_length=1, description="The claim or attribute that is the ID on the roster.")


class OidcProvider(_Provider):
    """A provider of OpenID Connect."""

    kind: Literal["oidc"]
    issuer: Annotated[str, AfterValidator(_safe)] = Field(description="As its discovery document names it.")
    client_id: str = Field(min_length=1, description="This site's id there.")
    client_secret_env: str = Field(
        default="", description="The environment variable with the client's secret; none for a public client."
    )
    scopes: list[str] = Field(default_factory=lambda: ["openid", "profile", "email"])


class SamlProvider(_Provider):
    """A provider of SAML 2.0."""

    kind: Literal["saml"]
    metadata: str = Field(min_length=1, description="The provider's metadata: a file beside sso.yaml.")
    entity_id: str = Field(default="", description="This site's entity ID; its metadata's address if empty.")


Provider = OidcProvider | SamlProvider


class ProviderFile(BaseModel):
    """The content of sso.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    providers: list[Annotated[Provider, Field(discriminator="kind")]] = Field(default_factory=list)

    @model_validator(mode="after")
    def _different(self) -> ProviderFile:
        ids = [provider.id for provider in self.providers]
        if twice := next((name for name in ids if ids.count(name) > 1), ""):
            raise ValueError(f"two providers have the id {twice}")
        return self


def providers_in(folder: Path) -> list[Provider]:
    """The providers of a course; raises ContentError with file, line and key."""
    path = folder / FILE
    return list(read_yaml(path, ProviderFile).providers) if path.is_file() else []


def provider_of(folder: Path, name: str) -> Provider:
    """One of them; raises NotFound."""
    found = next((provider for provider in providers_in(folder) if provider.id == name), None)
    if found is None:
        raise NotFound("There is no such way to sign in.", next_step="Go back to the sign-in page.")
    return found


class Providers:
    """The providers of a course for its sign-in page, as the file was when it could be read last."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._lock = folder, Lock()
        self._stamp, self._known, self._problem = -1, list[Provider](), ""

    def known(self) -> list[Provider]:
        """The providers; a file that changed is read again."""
        try:
            stamp = (self._folder / FILE).stat().st_mtime_ns
        except OSError:
            stamp = 0
        with self._lock:
            if stamp != self._stamp:
                self._stamp, self._problem = stamp, ""
                try:
                    self._known = providers_in(self._folder)
                except AutograderError as problem:
                    self._problem = problem.message.replace(f"{self._folder}/", "")
            return self._known

    def warning(self) -> str:
        """Why the file cannot be read, for staff; empty where all is well."""
        self.known()
        return self._problem
