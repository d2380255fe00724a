"""SAML 2.0: requests to the provider, and answers that it signed for this very sign-in.

pysaml2 verifies signatures with the program xmlsec1, audience, times and the request that an answer is to.
Every assertion must be signed; an answer that nobody asked for is refused.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.errors import Conflict, Refused
from autograder.site.sso.identity import Identity
from autograder.site.sso.providers import SamlProvider

if TYPE_CHECKING:
    from saml2.client import Saml2Client

__all__ = ["begin_saml", "finish_saml", "saml_metadata"]

SECONDS_APART = 60  # that the clocks may differ
LARGEST = 512 * 1024  # characters of an answer


def begin_saml(provider: SamlProvider, folder: Path, base: str, state: str) -> tuple[str, str]:
    """The address at the provider to which the browser goes, and the request's id."""
    from saml2 import BINDING_HTTP_REDIRECT

    client = _client(provider, folder, base)
    request, made = client.prepare_for_authenticate(relay_state=state, binding=BINDING_HTTP_REDIRECT)
    headers = dict(made["headers"])
    return str(headers["Location"]), str(request)


def finish_saml(provider: SamlProvider, folder: Path, base: str, answer: str, request: str) -> Identity:
    """The user whom an answer names; raises Refused for one that is not to this request, or not right."""
    from saml2 import BINDING_HTTP_POST

    if len(answer) > LARGEST:
        raise Refused("The answer is too large.", next_step="Begin the sign-in again.")
    client = _client(provider, folder, base)
    try:
        response = client.parse_authn_request_response(answer, BINDING_HTTP_POST, outstanding={request: "/"})
        if response is None:
            raise ValueError("no response")
        subject = response.name_id
        attributes: dict[str, Any] = response.get_identity()
    except Exception as problem:  # the library has many, and raises what xmlsec1 says
        raise Refused("The sign-in could not be verified.", next_step="Begin the sign-in again.") from problem
    values = attributes.get(provider.person) or attributes.get(provider.person.rpartition(":")[2]) or []
    person = str(values[0]).strip() if values else ""
    name = str(subject.text).strip()
    if str(subject.format).endswith(":transient") or not name:
        name = person  # a name for this sign-in alone binds nothing
    return Identity(provider.id, name, person)


def saml_metadata(provider: SamlProvider, folder: Path, base: str) -> bytes:
    """What the provider needs to know of this site, as XML."""
    from saml2.metadata import entity_descriptor

    return str(entity_descriptor(_client(provider, folder, base).config)).encode()


def _client(provider: SamlProvider, folder: Path, base: str) -> Saml2Client:
    try:
        from saml2 import BINDING_HTTP_POST
        from saml2.client import Saml2Client
        from saml2.config import SPConfig
    except ModuleNotFoundError as problem:
        raise Conflict(
            "Sign-in by SAML needs the package pysaml2.",
            next_step="Install it: pip install --constraint constraints.txt '.[sso]'.",
        ) from problem
    program = shutil.which("xmlsec1")
    if program is None:
        raise Conflict(
            "Sign-in by SAML needs the program xmlsec1.", next_step="Install it: apt-get install xmlsec1."
        )
    metadata = folder / provider.metadata
    if not metadata.resolve().is_relative_to(folder.resolve()) or not metadata.is_file():
        raise Conflict(
            f"There is no file {provider.metadata} beside sso.yaml.",
            next_step="Save the provider's metadata there.",
        )
    here = f"{base}/sso/{provider.id}"
    settings = {
        "entityid": provider.entity_id or f"{here}/metadata",
        "xmlsec_binary": program,
        "accepted_time_diff": SECONDS_APART,
        "allow_unknown_attributes": True,
        "service": {
            "sp": {
                "endpoints": {"assertion_consumer_service": [(f"{here}/answer", BINDING_HTTP_POST)]},
                "allow_unsolicited": False,
                "authn_requests_signed": False,
                "want_assertions_signed": True,
                "want_response_signed": False,
            }
        },
        "metadata": {"local": [str(metadata)]},
    }
    try:
        return Saml2Client(config=SPConfig().load(settings))
    except Exception as problem:  # of metadata that cannot be read
        raise Conflict(
            f"{provider.metadata} is not the metadata of an identity provider.",
            next_step="Save the provider's metadata again.",
        ) from problem
