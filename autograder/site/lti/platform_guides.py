"""What to enter in each learning platform, and its entry in lti.yaml.

`autograder lti register` prints them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from autograder.errors import UsageError, choose_one
from autograder.site.lti.platforms import is_safe_address
from autograder.site.lti.registration import (
    CONTENT_PATH,
    KEYS_PATH,
    LOGIN_PATH,
    SCOPES,
)

__all__ = [
    "CLIENT_ID",
    "DEPLOYMENT",
    "GUIDES",
    "NUMBER",
    "PlatformGuide",
    "canvas_key",
    "guide_of",
    "yaml_entry",
]

CLIENT_ID, DEPLOYMENT, NUMBER = "CLIENT_ID", "DEPLOYMENT_ID", "NUMBER"  # while they are not known


@dataclass(frozen=True)
class PlatformGuide:
    """One kind of platform: how it is called, what to do there, and where its values stand.

    `entry` and `sources` have the keys of lti.yaml. In `steps` the addresses of this server stand in braces.
    """

    title: str
    steps: tuple[str, ...]
    entry: Mapping[str, str]  # with {url}, {client} and {number}
    sources: Mapping[str, str]  # where the platform shows the value
    default_url: str = ""  # empty where every site has its own
    dynamic: str = ""  # where an address of ours is pasted
    numbered: str = ""  # what {number} is, if an address has one
    extra: Callable[[str, str], str] = field(default=lambda title, address: "")


def canvas_key(title: str, address: str) -> str:
    """The JSON of Canvas's LTI key."""
    placement = {"message_type": "LtiDeepLinkingRequest", "target_link_uri": f"{address}{CONTENT_PATH}"}
    return json.dumps(
        {
            "title": title,
            "description": f"Homework and quizzes of {title}",
            "oidc_initiation_url": f"{address}{LOGIN_PATH}",
            "target_link_uri": f"{address}/",
            "public_jwk_url": f"{address}{KEYS_PATH}",
            "scopes": list(SCOPES),
            "custom_fields": {},
            "extensions": [
                {
                    "platform": "canvas.instructure.com",
                    "domain": urlsplit(address).netloc,
                    "privacy_level": "public",
                    "settings": {
                        "text": title,
                        "placements": [
                            {"placement": name, "text": title, **placement}
                            for name in ("assignment_selection", "link_selection")
                        ],
                    },
                }
            ],
        },
        indent=2,
        ensure_ascii=False,
    )


MOODLE = PlatformGuide(
    title="Moodle",
    steps=(
        "Site administration > Plugins > Activity modules > External tool > Manage tools > "
        "configure a tool manually",
        "Tool URL: {site}/",
        "LTI version: LTI 1.3",
        "Public key type: Keyset URL",
        "Public keyset: {keys}",
        "Initiate login URL: {login}",
        "Redirection URI(s): {launch}",
        "Default launch container: New window",
        "Supports Deep Linking (Content-Item Message): ticked; Content Selection URL: {content}",
        "Services > IMS LTI Assignment and Grade Services: Use this service for grade sync and column "
        "management",
        "Services > IMS LTI Names and Role Provisioning: Use this service to retrieve members' information "
        "as "
        "per privacy settings",
        "Privacy > Share launcher's name with tool: Always; Share launcher's email with tool: Always; "
        "Accept grades from the tool: Always",
        "Save changes, then open View configuration details (the list icon on the tool's card)",
    ),
    entry={
        "issuer": "{url}",
        "login_url": "{url}/mod/lti/auth.php",
        "token_url": "{url}/mod/lti/token.php",
        "keys_url": "{url}/mod/lti/certs.php",
    },
    sources={
        "issuer": "Platform ID",
        "client_id": "Client ID",
        "login_url": "Authentication request URL",
        "token_url": "Access token URL",
        "keys_url": "Public keyset URL",
        "deployments": "Deployment ID",
    },
    dynamic="Site administration > Plugins > Activity modules > External tool > Manage tools > Tool URL, "
    "then "
    "Add LTI Advantage, then Activate on the tool's card; set its Default launch container to New window",
)
CANVAS = PlatformGuide(
    title="Canvas",
    steps=(
        "Admin > Developer Keys > + Developer Key > + LTI Key",
        "Redirect URIs: {launch}",
        "Method: Paste JSON, with the JSON below",
        "Save, and switch the key's State to On",
        "Settings (of the account or the course) > Apps > View App Configurations > + App > "
        "Configuration Type: By Client ID, with the Client ID",
    ),
    entry={
        "issuer": "https://canvas.instructure.com",
        "login_url": "{url}/api/lti/authorize_redirect",
        "token_url": "{url}/login/oauth2/token",
        "keys_url": "{url}/api/lti/security/jwks",
    },
    sources={
        "issuer": "the same for every Canvas in the cloud",
        "client_id": "Admin > Developer Keys, the number in the column Details",
        "deployments": "Settings > Apps > View App Configurations, the app's gear > Deployment Id",
    },
    default_url="https://sso.canvaslms.com",
    dynamic="Admin > Apps > Manage > Install a New App > Install Method: Dynamic Registration",
    extra=canvas_key,
)
BRIGHTSPACE = PlatformGuide(
    title="Brightspace",
    steps=(
        "Admin Tools (the gear) > Manage Extensibility > LTI Advantage > Register Tool > Standard",
        "Domain: {site}",
        "Redirect URLs: {launch}",
        "OpenID Connect Login URL: {login}",
        "Keyset URL: {keys}",
        "Target Link URI: {site}/",
        "Extensions: Assignment and Grade Services, Deep Linking, Names and Role Provisioning Services",
        "Register; the next page shows the values for lti.yaml. View Deployments > New Deployment: Tool is "
        "this "
        "one, the same Extensions; Security Settings: user's name, e-mail and Org Defined ID; choose the "
        "org units",
        "In the deployment, New Link > Type: Deep Linking Quicklink, URL: {content}",
    ),
    entry={
        "issuer": "{url}",
        "login_url": "{url}/d2l/lti/authenticate",
        "token_url": "https://auth.brightspace.com/core/connect/token",
        "keys_url": "{url}/d2l/.well-known/jwks",
        "audience": "https://api.brightspace.com/auth/token",
    },
    sources={
        "issuer": "Issuer",
        "client_id": "Client Id",
        "login_url": "OpenID Connect Authentication Endpoint",
        "token_url": "Brightspace OAuth2 Access Token URL",
        "keys_url": "Brightspace Keyset URL",
        "audience": "Brightspace OAuth2 Audience",
        "deployments": "Manage Extensibility > LTI Advantage > the tool > View Deployments, Deployment Id",
    },
    dynamic="Admin Tools > Manage Extensibility > LTI Advantage > Register Tool > Dynamic",
)
SAKAI = PlatformGuide(
    title="Sakai",
    steps=(
        "Administration Workspace > External Tools > Install LTI 1.x Tool",
        "Launch URL: {site}/",
        "LTI version: LTI 1.3",
        "LTI 1.3 Tool OpenID Connect/Initialization Endpoint: {login}",
        "LTI 1.3 Tool Redirect Endpoint(s): {launch}",
        "LTI 1.3 Tool Keyset URL: {keys}",
        "Allow the tool to send names and e-mail addresses, to provide grades, to provide the roster, and "
        "content selection from the assignments and the lessons; open in a new window",
        "Save, and open the tool's page again",
    ),
    entry={
        "issuer": "{url}",
        "login_url": "{url}/imsoidc/lti13/oidc_auth",
        "token_url": "{url}/imsblis/lti13/token/{number}",
        "keys_url": "{url}/imsblis/lti13/keyset",
    },
    sources={
        "issuer": "LTI 1.3 Platform Issuer",
        "client_id": "LTI 1.3 Client ID",
        "login_url": "LTI 1.3 Platform OIDC Authentication URL",
        "token_url": "LTI 1.3 Platform OAuth2 Bearer Token Retrieval URL",
        "keys_url": "LTI 1.3 Platform OAuth2 Well-Known/KeySet URL",
        "deployments": "LTI 1.3 Deployment ID",
    },
    dynamic="Administration Workspace > External Tools > LTI Advantage Auto Provision",
    numbered="the last number of the token URL on the tool's page",
)
BLACKBOARD = PlatformGuide(
    title="Blackboard",
    steps=(
        "developer.blackboard.com > My Apps > Register (+) with Login Initiation URL {login}, Tool "
        "Redirect URL(s) "
        "{launch}, Tool JWKS URL {keys}",
        "In Learn: Administrator Panel > Integrations > LTI Tool Providers > Register LTI 1.3/Advantage "
        "Tool, with "
        "the Client ID (the Application ID)",
        "Policies: role in course, name, e-mail address; Allow grade service access; Allow Membership "
        "Service Access",
        "Manage Placements > Create Placement: type Deep Linking content tool, Tool Provider URL {content}, "
        "launch in a new window",
    ),
    entry={
        "issuer": "https://blackboard.com",
        "login_url": "https://developer.blackboard.com/api/v1/gateway/oidcauth",
        "token_url": "https://developer.blackboard.com/api/v1/gateway/oauth2/jwttoken",
        "keys_url": "https://developer.blackboard.com/api/v1/management/applications/{client}/jwks.json",
    },
    sources={
        "issuer": "Issuer, the same for every Blackboard",
        "client_id": "Application ID, on developer.blackboard.com",
        "keys_url": "Public keyset URL",
        "deployments": "LTI Tool Providers > the tool > Edit, Deployment ID",
    },
    default_url="https://developer.blackboard.com",
)
GUIDES: Mapping[str, PlatformGuide] = {
    "moodle": MOODLE,
    "canvas": CANVAS,
    "brightspace": BRIGHTSPACE,
    "sakai": SAKAI,
    "blackboard": BLACKBOARD,
}


def guide_of(name: str) -> PlatformGuide:
    """The guide of a platform; raises UsageError for an unknown name."""
    guide = GUIDES.get(name.strip().lower())
    if guide is None:
        raise UsageError(f"Unknown learning platform {name!r}.", next_step=choose_one(GUIDES))
    return guide


def yaml_entry(
    guide: PlatformGuide, url: str, *, client: str = "", deployments: tuple[str, ...] = (), number: str = ""
) -> str:
    """The platform's entry in lti.yaml, each value with where the platform shows it.

    `url` is the platform's own address. What is not known yet is a word in capitals. Raises UsageError for an
    address that is missing or not safe.
    """
    url = (url or guide.default_url).strip().rstrip("/")
    if not url:
        raise UsageError(
            f"The address of {guide.title} is missing.",
            next_step=f"Name it, for example --url https://{guide.title.lower()}.example.edu.",
        )
    url = url if "://" in url else f"https://{url}"
    if not is_safe_address(url):
        raise UsageError(f"{url} is not an https address.", next_step="Correct --url.")
    words = {"url": url, "number": number or NUMBER, "client": client or CLIENT_ID}
    values = {name: text.format(**words) for name, text in guide.entry.items()}
    shown = {"issuer": values["issuer"], "client_id": client or CLIENT_ID, **values}
    lines = [
        f"{name}: {json.dumps(value, ensure_ascii=False)}{_source(guide, name)}"
        for name, value in shown.items()
    ]
    listed = json.dumps(list(deployments or (DEPLOYMENT,)), ensure_ascii=False)
    lines.append(f"deployments: {listed}{_source(guide, 'deployments')}")
    return "".join(f"  {' ' if position else '-'} {line}\n" for position, line in enumerate(lines))


def _source(guide: PlatformGuide, name: str) -> str:
    source = guide.sources.get(name, "")
    return f"  # {guide.title}: {source}" if source else ""
