"""LTI launches: a platform sends a browser, is asked who it is, and answers with a signed token.

OpenID Connect's third-party login as IMS's Security Framework 1.0 has it. A token is valid once, for ten
minutes from its login, in the browser that began it.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

import jwt

from autograder.course.local_time import span
from autograder.errors import Forbidden, Refused
from autograder.site.lti.client import PlatformError, PlatformKeys
from autograder.site.lti.deep_linking import REQUEST as DEEP_LINKING
from autograder.site.lti.deep_linking import ContentRequest, content_request
from autograder.site.lti.platforms import FILE, Platform, Platforms
from autograder.site.lti.users import OUTSIDER, Context, Link, User
from autograder.site.signer import Signer

__all__ = [
    "Launch",
    "Login",
    "asks_for_content",
    "begin",
    "finish",
    "is_outsider",
    "is_subject",
    "is_test_user",
    "login_query",
    "name_in",
    "query_of_state",
    "role_of",
    "text_of",
    "wanted_key",
]


CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
SCORES = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
MEMBERS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
ROLE_IN_COURSE = re.compile(
    r"(?:http://purl\.imsglobal\.org/vocab/lis/v2/membership(?:#|/(?P<principal>\w+)#(?=(?P<sub>\w+))))?"
    r"(?P<role>\w+)"
)
ADMINISTRATOR = re.compile(r"/(?:institution|system)/person#(?:\w*Admin\w*|SysSupport|Support|Creator)\Z")
OUTSIDERS = {"Mentor", "ContentDeveloper", "Administrator", "Manager", "Officer"}
ASSISTANTS = ("TeachingAssistant", "Grader")  # how the sub-roles of Instructor begin that manage nothing
TEACHERS = {"", "PrimaryInstructor", "SecondaryInstructor", "Lecturer"}  # sub-roles of who manages a course
STATE_LASTS, TOKEN_LASTS, SLACK = 600_000, 3_600_000, 60_000  # milliseconds
LONGEST, LONGEST_ADDRESS = 255, 2000
NEW_TAB = "new_tab"  # a field of ours in a login that was begun again in a tab of its own
LOGIN = ("iss", "client_id", "login_hint", "lti_message_hint", "lti_deployment_id", "target_link_uri")
AGAIN = "Go back to your learning platform and open the quiz again, in a new window."
REGISTER = "`autograder lti register` says what to read off which page."
CLOCKS = "Staff of the course compare the clocks of this server (page /clock) and of the platform."
LONGEST_VALUE = 200  # characters of a value in a sentence
MESSAGES = ("LtiResourceLinkRequest", DEEP_LINKING)


@dataclass(frozen=True)
class Login:
    """The address that a browser goes to next, and the state that it has to bring back."""

    address: str
    state: str


@dataclass(frozen=True)
class Launch:
    """A valid launch: the user, the link, and the nonce."""

    user: User
    link: Link  # its work is the name in the platform, which may be unknown
    context: Context
    nonce: str
    in_frame: bool = False  # the platform says so, and no new tab was opened for it
    content: ContentRequest | None = None  # the platform asks what to link to


def begin(
    parameters: Mapping[str, str], platforms: Platforms, launch_url: str, signer: Signer, now: int
) -> Login:
    """Answer a platform's login request; raises Forbidden for a platform that is not registered."""
    platform = platforms.find(parameters.get("iss", ""), parameters.get("client_id", ""))
    if platform is None:
        raise _not_registered(parameters, platforms)
    if not parameters.get("login_hint"):
        raise Forbidden(
            "The login of your learning platform has no login_hint, so nobody can be signed in.",
            next_step="Open the link in the learning platform; its address here opens nothing by itself.",
        )
    login_state = {
        "issuer": platform.issuer,
        "client": platform.client_id,
        "nonce": secrets.token_urlsafe(24),
        "at": now,
        "again": "" if parameters.get(NEW_TAB) else login_query(parameters),
    }
    body = base64.urlsafe_b64encode(json.dumps(login_state).encode()).decode()
    state = f"{body}.{signer.of('lti state', body)}"
    query = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": launch_url,
        "login_hint": parameters["login_hint"],
        "state": state,
        "nonce": str(login_state["nonce"]),
    }
    if hint := parameters.get("lti_message_hint"):
        query["lti_message_hint"] = hint
    joint = "&" if urlsplit(platform.login_url).query else "?"
    return Login(f"{platform.login_url}{joint}{urlencode(query)}", state)


def login_query(parameters: Mapping[str, str]) -> str:
    """The query that begins the same login in a new tab; empty where it is too long for a cookie."""
    fields = {name: parameters[name] for name in LOGIN if parameters.get(name)}
    query = urlencode({**fields, NEW_TAB: "1"})
    return query if len(query) <= LONGEST_ADDRESS else ""


def query_of_state(state: str, signer: Signer) -> str:
    """The query that begins the login of a state in a new tab; empty without one."""
    body, _, sign = state.partition(".")
    if not compare_digest(sign.encode(), signer.of("lti state", body).encode()):
        return ""
    return str(json.loads(base64.urlsafe_b64decode(body)).get("again", ""))


def wanted_key(
    parameters: Mapping[str, str], platforms: Platforms, signer: Signer, now: int
) -> tuple[str, str] | None:
    """The address of the keys and the key's id that a launch needs; None for one that is refused anyway."""
    with suppress(Refused, jwt.PyJWTError, ValueError, TypeError):
        begun = _begun(parameters.get("state", ""), signer, now)
        platform = platforms.find(begun["issuer"], begun["client"])
        head = jwt.get_unverified_header(parameters.get("id_token", ""))
        if platform is not None and head.get("alg") == "RS256":
            return platform.keys_url, str(head.get("kid", ""))
    return None


def finish(
    parameters: Mapping[str, str],
    cookie: str,
    platforms: Platforms,
    keys: PlatformKeys,
    signer: Signer,
    now: int,
) -> Launch:
    """The launch; raises Forbidden with the reason. The store checks that the nonce is new."""
    if error := parameters.get("error"):
        reason = parameters.get("error_description") or error
        raise Forbidden(f"Your learning platform did not sign you in: {reason[:200]}.", next_step=AGAIN)
    begun = _begun(parameters.get("state", ""), signer, now)
    platform = platforms.find(begun["issuer"], begun["client"])
    if platform is None:
        issuer, client = _value(begun["issuer"]), _value(begun["client"])
        raise _refused(f"the issuer {issuer} with the client_id {client} is no longer registered")
    claims = _claims(parameters.get("id_token", ""), platform, keys, now)
    if not compare_digest(str(claims["nonce"]).encode(), str(begun["nonce"]).encode()):
        raise _refused("its nonce is not the requested one")
    for_content = claims.get(f"{CLAIM}message_type") == DEEP_LINKING
    # Browsers keep cookies from frames, where platforms let teachers choose; that signs nobody in.
    if not for_content and not compare_digest(cookie.encode(), parameters.get("state", "").encode()):
        raise _refused("it was begun in another browser, or this browser accepts no cookies in a frame")
    _require(claims, platform)
    if is_test_user(claims.get(f"{CLAIM}roles")):
        raise Forbidden(
            "The Student View of your learning platform is nobody's account in this course.",
            next_step="Open the quiz as staff: its start page has a preview.",
        )
    link = _link(claims, platform)
    course = _part(claims, f"{CLAIM}context")
    title = text_of(course.get("title")) or text_of(course.get("label"))
    context = Context(platform.issuer, platform.client_id, link.deployment, link.context, title)
    target = _part(claims, f"{CLAIM}launch_presentation").get("document_target")
    return Launch(
        _user(claims, platform),
        link,
        context,
        f"{platform.issuer}\n{claims['nonce']}",
        in_frame=bool(begun.get("again")) and target in ("iframe", "frame"),
        content=content_request(claims) if for_content else None,
    )


def asks_for_content(parameters: Mapping[str, str]) -> bool:
    """Whether a launch says, unverified as yet, that it asks what to link to."""
    with suppress(jwt.PyJWTError, ValueError, TypeError):
        claims = jwt.decode(parameters.get("id_token", ""), options={"verify_signature": False})
        return bool(claims.get(f"{CLAIM}message_type") == DEEP_LINKING)
    return False


def _refused(why: str, next_step: str = AGAIN) -> Refused:
    return Forbidden(f"The launch was refused: {why}.", next_step=next_step)


def _value(value: object) -> str:
    """A value that came, as a sentence shows it."""
    return repr(text_of(value)[:LONGEST_VALUE]) if isinstance(value, str) else repr(value)[:LONGEST_VALUE]


def _not_registered(parameters: Mapping[str, str], platforms: Platforms) -> Refused:
    """The refusal of a login, with what came and where it belongs."""
    issuer, client = parameters.get("iss", ""), parameters.get("client_id", "")
    if not issuer:
        return Forbidden(
            "This learning platform is not registered here: its login names no issuer (iss).",
            next_step="Open the link in the learning platform; its address here opens nothing by itself.",
        )
    has_issuer = any(platform.issuer == issuer for platform in platforms.platforms)
    wanted = _plain_address(issuer)
    alike = [known.issuer for known in platforms.platforms if _plain_address(known.issuer) == wanted]
    if has_issuer and not client:
        return Forbidden(
            f"This learning platform is not registered here without a client_id: {_value(issuer)} has "
            "several.",
            next_step="Ask the administrator of the platform to send the client_id with the login.",
        )
    if has_issuer:
        return Forbidden(
            f"The client_id {_value(client)} of {_value(issuer)} is not registered here.",
            next_step=f"Staff of the course: write it as `client_id` of this issuer into {FILE}. {REGISTER}",
        )
    if alike:
        return Forbidden(
            f"This learning platform is not registered here: its issuer is {_value(issuer)}, "
            f"and {_value(alike[0])} is registered.",
            next_step=f"Staff of the course: write the `issuer` in {FILE} as it came, to the letter.",
        )
    return Forbidden(
        f"This learning platform is not registered here: its issuer is {_value(issuer)}, its client_id "
        f"{_value(client)}.",
        next_step=f"Staff of the course: add both to {FILE}, or register the platform on the page "
        f"/platforms. {REGISTER}",
    )


def _plain_address(address: str) -> str:
    return address.casefold().partition("://")[2].rstrip("/")


def _begun(state: str, signer: Signer, now: int) -> dict[str, Any]:
    """The login state, checked to be signed and recent."""
    body, _, sign = state.partition(".")
    if not compare_digest(sign.encode(), signer.of("lti state", body).encode()):
        raise _refused("it does not answer a login of this server")
    login_state: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body))
    if not 0 <= now - int(login_state["at"]) <= STATE_LASTS:
        raise _refused("it took more than ten minutes")
    return login_state


def _claims(token: str, platform: Platform, keys: PlatformKeys, now: int) -> dict[str, Any]:
    try:
        head = jwt.get_unverified_header(token)
        if head.get("alg") != "RS256":
            raise _refused("its token is not signed with RS256")
        key_id = str(head.get("kid", ""))
        key = keys.find(platform.keys_url, key_id)
        if key is None:
            raise _refused(
                f"its token is signed with the key {_value(key_id)}, which the platform does not have at "
                f"{_value(platform.keys_url)}",
                f"Try again in a minute; if it stays, staff compare `keys_url` in {FILE} with the platform.",
            )
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            # The rest is checked below: time by the server's own clock, values with a sentence that has them.
            options={
                "require": ["exp", "iat", "nonce", "sub", "iss", "aud"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
                "verify_aud": False,
                "verify_iss": False,
            },
        )
        issued, ends = (int(float(claims[name]) * 1000) for name in ("iat", "exp"))
    except PlatformError as problem:
        raise _refused(
            "the platform's keys cannot be read now",
            f"Try again in a minute. The platform: {str(problem)[:200]}.",
        ) from problem
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as problem:
        raise _refused(f"its token is not valid ({problem})") from problem
    if now > ends + SLACK:
        raise _refused(
            f"its token has expired {span(now - ends)} ago, by the clock of this server ({_moment(now)})",
            CLOCKS,
        )
    if issued > now + SLACK or now - issued > TOKEN_LASTS:
        raise _refused(
            f"its token was issued at another time ({_moment(issued)}) than that of this server "
            f"({_moment(now)})",
            CLOCKS,
        )
    return claims


def _moment(instant: int) -> str:
    try:
        return datetime.fromtimestamp(instant / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return "no time"


def _require(claims: Mapping[str, Any], platform: Platform) -> None:
    """Check what the specification requires of a launch, and that it is for this registration."""
    if claims["iss"] != platform.issuer:
        raise _refused(
            f"its token is not valid: its issuer (iss) is {_value(claims['iss'])}, and the login was of "
            f"{_value(platform.issuer)}",
            f"Staff of the course: write the `issuer` in {FILE} as it came, to the letter.",
        )
    parties = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if platform.client_id not in parties:
        raise _refused(
            f"its token is not valid: it is for the client_id {_value(claims['aud'])} (aud), and "
            f"{_value(platform.client_id)} is registered",
            f"Staff of the course: correct `client_id` of {platform.issuer} in {FILE}.",
        )
    if len(parties) > 1 and claims.get("azp") != platform.client_id:
        raise _refused(f"its token is for another tool: its azp is {_value(claims.get('azp'))}")
    message, version = claims.get(f"{CLAIM}message_type"), claims.get(f"{CLAIM}version")
    if message not in MESSAGES:
        raise _refused(
            f"its message type is {_value(message)}, not {' or '.join(MESSAGES)}",
            "Link a quiz or an assignment in the learning platform; this tool has nothing else.",
        )
    if version != "1.3.0":
        raise _refused(
            f"its version is not 1.3.0 but {_value(version)}", "Register the tool as LTI 1.3 in the platform."
        )
    deployment = claims.get(f"{CLAIM}deployment_id")
    if not is_subject(deployment):
        raise _refused(f"its deployment_id is {_value(deployment)}, and every launch has one")
    if platform.deployments and deployment not in platform.deployments:
        raise _refused(
            f"its deployment is not registered here: its deployment_id is {_value(deployment)}, and "
            f"{', '.join(map(_value, platform.deployments[:5]))} is registered",
            f"Staff of the course: add it under `deployments` of {platform.issuer} in {FILE}.",
        )
    if not is_subject(claims["sub"]):
        raise _refused("it does not name the user")
    course = _part(claims, f"{CLAIM}context")
    if course.get("id") is not None and not is_subject(course["id"]):
        raise _refused("it does not name the course that it comes from")


def _user(claims: Mapping[str, Any], platform: Platform) -> User:
    roles = claims.get(f"{CLAIM}roles") or []
    lis = _part(claims, f"{CLAIM}lis")
    return User(
        issuer=platform.issuer,
        subject=claims["sub"],
        name=name_in(claims),
        email=text_of(claims.get("email")),
        sourced_id=text_of(lis.get("person_sourcedid")),
        role=OUTSIDER if is_outsider(roles) else role_of(roles),
    )


def is_subject(name: object) -> bool:
    """Whether this names a user or a course: a text that a database can store, of OpenID Connect's length."""
    return (
        isinstance(name, str)
        and 0 < len(name) <= LONGEST
        and "\0" not in name
        and name.encode(errors="ignore").decode() == name
    )


def name_in(claims: Mapping[str, Any]) -> str:
    """The full name, or the given and the family name; empty if the platform does not say it."""
    parts = (text_of(claims.get(part)).strip() for part in ("given_name", "family_name"))
    return text_of(claims.get("name")).strip() or " ".join(filter(None, parts))


def role_of(roles: object) -> str:
    """The role in the course for a platform's roles; without a staff role it is `student`.

    Whoever teaches in any way is staff, also where only a sub-role says so, as Blackboard does for graders.
    """
    in_course = _roles_in_course(roles)
    teaches_as = {name for principal, name in in_course if principal == "Instructor"}
    if ("TeachingAssistant", "") in in_course or any(name.startswith(ASSISTANTS) for name in teaches_as):
        return "ta"
    if not teaches_as:
        return "student"
    return "instructor" if teaches_as & TEACHERS else "ta"


def is_test_user(roles: object) -> bool:
    """Whether a platform made this user up, as Canvas does for its Student View."""
    return isinstance(roles, list) and any(str(role).endswith("#TestUser") for role in roles)


def is_outsider(roles: object) -> bool:
    """Whether somebody neither takes nor teaches the course: who observes, designs or administers it.

    Platforms let their administrators open any course, which gives them no role in it.
    """
    if in_course := _roles_in_course(roles):
        return all(principal in OUTSIDERS for principal, _ in in_course)
    names = [str(role) for role in roles] if isinstance(roles, list) else []
    return any(ADMINISTRATOR.search(name) for name in names)


def _roles_in_course(roles: object) -> set[tuple[str, str]]:
    """The roles in the course as principal role and sub-role: ("Instructor", "TeachingAssistant").

    Institution and system have roles of their own. A name alone is an old spelling of a role in the course.
    """
    names = [str(role) for role in roles] if isinstance(roles, list) else []
    matches = (ROLE_IN_COURSE.fullmatch(name) for name in names)
    return {(match["principal"] or match["role"], match["sub"] or "") for match in matches if match}


def _link(claims: Mapping[str, Any], platform: Platform) -> Link:
    custom, scores = _part(claims, f"{CLAIM}custom"), _part(claims, SCORES)
    kind, work = _work(custom, text_of(claims.get(f"{CLAIM}target_link_uri"), LONGEST_ADDRESS))
    return Link(
        issuer=platform.issuer,
        client=platform.client_id,
        deployment=text_of(claims.get(f"{CLAIM}deployment_id")),
        resource=text_of(_part(claims, f"{CLAIM}resource_link").get("id")),
        context=str(_part(claims, f"{CLAIM}context").get("id") or ""),
        kind=kind,
        work=work,
        line_item=text_of(scores.get("lineitem"), LONGEST_ADDRESS),
        line_items=text_of(scores.get("lineitems"), LONGEST_ADDRESS),
        members=text_of(_part(claims, MEMBERS).get("context_memberships_url"), LONGEST_ADDRESS),
    )


def _work(custom: Mapping[str, Any], target: str) -> tuple[str, str]:
    """The kind and the name of the work that a link opens, by a custom field or the target's path."""
    for kind in ("quiz", "assignment"):
        if name := text_of(custom.get(kind)):
            return kind, name
    path = urlsplit(target).path
    for kind, folder in (("quiz", "/quizzes/"), ("assignment", "/assignments/")):
        if folder in path:
            return kind, text_of(unquote(path.rpartition(folder)[2]).strip("/"))
    return "quiz", ""


def text_of(value: object, most: int = LONGEST) -> str:
    """A claim that is a text, without unprintable characters; empty for other claims."""
    return (
        "".join(character for character in value[:most] if character.isprintable())
        if isinstance(value, str)
        else ""
    )


def _part(claims: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = claims.get(name)
    return value if isinstance(value, dict) else {}
