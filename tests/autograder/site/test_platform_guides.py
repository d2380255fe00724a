"""`autograder lti register`: what to enter where, and an lti.yaml that a server can read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from command import autograder

from autograder.errors import UsageError
from autograder.site.lti.platform_guides import GUIDES, guide_of, yaml_entry
from autograder.site.lti.platforms import Platform, read_platforms

ADDRESS = "https://quiz.example.org"
# What each platform is asked for, and what its entry has to say.
EXPECTED = {
    "moodle": (
        ["--url", "https://moodle.example.edu/"],
        ("https://moodle.example.edu", "/mod/lti/auth.php", "/mod/lti/token.php", "/mod/lti/certs.php", ""),
    ),
    "canvas": (
        [],
        (
            "https://canvas.instructure.com",
            "https://sso.canvaslms.com/api/lti/authorize_redirect",
            "https://sso.canvaslms.com/login/oauth2/token",
            "https://sso.canvaslms.com/api/lti/security/jwks",
            "",
        ),
    ),
    "brightspace": (
        ["--url", "learn.example.edu"],
        (
            "https://learn.example.edu",
            "https://learn.example.edu/d2l/lti/authenticate",
            "https://auth.brightspace.com/core/connect/token",
            "https://learn.example.edu/d2l/.well-known/jwks",
            "https://api.brightspace.com/auth/token",
        ),
    ),
    "sakai": (
        ["--url", "https://sakai.example.edu", "--number", "12"],
        (
            "https://sakai.example.edu",
            "https://sakai.example.edu/imsoidc/lti13/oidc_auth",
            "https://sakai.example.edu/imsblis/lti13/token/12",
            "https://sakai.example.edu/imsblis/lti13/keyset",
            "",
        ),
    ),
    "blackboard": (
        [],
        (
            "https://blackboard.com",
            "https://developer.blackboard.com/api/v1/gateway/oidcauth",
            "https://developer.blackboard.com/api/v1/gateway/oauth2/jwttoken",
            "https://developer.blackboard.com/api/v1/management/applications/id 7/jwks.json",
            "",
        ),
    ),
}


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course without any platform."""
    (tmp_path / "course.yaml").write_text("title: Deep Learning\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", GUIDES)
def test_the_printed_entry_is_read(course: Path, name: str) -> None:
    """What is printed, put into lti.yaml, is the platform's registration with every address."""
    options, (issuer, *rest) = EXPECTED[name]
    given = ["--client-id", "id 7", "--deployment", "1", "--deployment", '2:"x"']
    done = autograder(
        "lti", "register", "--address", ADDRESS, "--platform", name, *options, *given, folder=course
    )
    assert (done.returncode, done.stderr) == (0, "")
    text = done.stdout
    assert "Replace" not in text and f"{ADDRESS}/lti/login" in text and f"{ADDRESS}/lti/launch" in text
    (entry,) = re.findall(r"^platforms:\n(?:  .*\n)+", text, re.MULTILINE)
    (course / "lti.yaml").write_text(entry, encoding="utf-8")
    (platform,) = read_platforms(course).platforms
    login, token, keys, audience = (
        value if "://" in value or not value else issuer + value for value in rest
    )
    expected = Platform(
        issuer=issuer,
        client_id="id 7",
        login_url=login,
        token_url=token,
        keys_url=keys,
        audience=audience,
        deployments=["1", '2:"x"'],
    )
    assert platform.model_dump() == expected.model_dump()


@pytest.mark.parametrize("name", GUIDES)
def test_what_is_not_known_yet(name: str) -> None:
    """A value that nobody has given is a word in capitals, with the name that the platform gives it."""
    entry = yaml_entry(GUIDES[name], "https://lms.example.edu")
    assert "CLIENT_ID" in entry and "DEPLOYMENT_ID" in entry
    for key, source in GUIDES[name].sources.items():
        assert re.search(
            rf"^  [- ] {key}: .*  # {GUIDES[name].title}: {re.escape(source)}$", entry, re.MULTILINE
        )


def test_the_json_of_canvas(course: Path) -> None:
    """Canvas's key is printed as JSON with login, keys, scopes and the place to choose content."""
    done = autograder("lti", "register", "--address", f"{ADDRESS}/", "--platform", "Canvas", folder=course)
    key = json.loads(done.stdout[done.stdout.index("\n{") : done.stdout.index("\n}") + 2])
    assert key["oidc_initiation_url"] == f"{ADDRESS}/lti/login"
    assert key["public_jwk_url"] == f"{ADDRESS}/lti/keys" and len(key["scopes"]) == 3
    placements = key["extensions"][0]["settings"]["placements"]
    assert {placement["target_link_uri"] for placement in placements} == {f"{ADDRESS}/lti/content"}
    assert f"{ADDRESS}/lti/registration/" in done.stdout
    assert "Replace CLIENT_ID and DEPLOYMENT_ID" in done.stdout


def test_a_second_platform(course: Path) -> None:
    """Where lti.yaml has a platform, the entry is to be added to its list, and the file is read with both."""
    (course / "lti.yaml").write_text("platforms:\n" + yaml_entry(GUIDES["canvas"], ""), encoding="utf-8")
    done = autograder(
        *("lti", "register", "--address", ADDRESS, "--platform", "moodle", "--url", "moodle.example.edu"),
        folder=course,
    )
    _, _, entry = done.stdout.partition("Add to the list `platforms` in ")
    assert "platforms:" not in entry.partition("\n")[2]
    with (course / "lti.yaml").open("a", encoding="utf-8") as file:
        file.write("".join(re.findall(r"^  [- ] .*\n", entry, re.MULTILINE)))
    assert [platform.issuer for platform in read_platforms(course).platforms] == [
        "https://canvas.instructure.com",
        "https://moodle.example.edu",
    ]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--address", "http://quiz.example.org"], "not an https address"),
        (["--address", ADDRESS, "--platform", "moodel"], "Choose one of: moodle"),
        (["--address", ADDRESS, "--platform", "moodle"], "The address of Moodle is missing"),
        (["--address", ADDRESS, "--platform", "sakai", "--url", "http://x.example"], "not an https address"),
    ],
)
def test_what_is_refused(course: Path, options: list[str], sentence: str) -> None:
    """A wrong option is named, with what to write."""
    done = autograder("lti", "register", *options, folder=course)
    assert done.returncode == 2 and sentence in done.stderr


def test_a_name_in_any_case() -> None:
    """A platform is found whatever the case; an unknown one is a UsageError."""
    assert guide_of(" Moodle ") is GUIDES["moodle"]
    with pytest.raises(UsageError):
        guide_of("")
