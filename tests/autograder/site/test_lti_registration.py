"""Registrations: platforms that register themselves by an address of ours, and lti.yaml read again."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from live_server import SIGNER, LiveServer, Student
from local_http import LOCAL
from platform_simulator import CLIENT, CONTEXT, DEPLOYMENT, Browser, Platform, connected, platform_for

from autograder.site.lti.services import Tool

TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
DAY = 24 * 3_600_000


@pytest.fixture
def platform(server: LiveServer) -> Iterator[Platform]:
    """A platform that knows nothing of the course yet, nor the course of it."""
    server.publish("all")
    server.site.lti = Tool(server.course.root, server.course.root, SIGNER, server.database)
    platform = Platform()
    platform.tool_keys = f"{server.address}/lti/keys"
    yield platform
    platform.close()


@pytest.fixture
def tea(server: LiveServer) -> Student:
    """An instructor of the course."""
    return server.student(role="instructor", name="tea")


def new_address(tea: Student) -> str:
    """An address from the page of learning platforms."""
    reply = tea.post("/platforms/addresses")
    (address,) = re.findall(r"<code>(http[^<]+/lti/registration/[^<]+)</code>", reply.text)
    return html.unescape(address)


def registered(
    platform: Platform, address: str, *, token: str = "", configuration: str = ""
) -> httpx.Response:
    """What the platform's administrator does: open the address there, and press the button."""
    query = {
        "openid_configuration": configuration or f"{platform.address}/openid",
        "registration_token": token or platform.registration_token,
    }
    with httpx.Client(headers={"Sec-Fetch-Dest": "iframe"}, **LOCAL) as http:
        page = http.get(address, params=query)
        assert "X-Frame-Options" not in page.headers
        if page.status_code != 200:
            assert "<form" not in page.text
            return http.post(address, data=query, headers={"Sec-Fetch-Site": "same-origin"})
        assert urlsplit(query["openid_configuration"]).netloc in page.text
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text))
        data = {name: html.unescape(value) for name, value in fields.items()}
        return http.post(address, data=data, headers={"Sec-Fetch-Site": "same-origin"})


def test_a_platform_registers_itself(server: LiveServer, platform: Platform, tea: Student) -> None:
    """One address is pasted; then launches, the instructor's connection and the students' sign-in follow."""
    reply = registered(platform, new_address(tea))
    assert reply.status_code == 200 and "is registered" in reply.text and "data-close" in reply.text
    (sent,) = platform.registrations
    assert sent["initiate_login_uri"] == f"{server.address}/lti/login"
    assert sent["redirect_uris"] == [f"{server.address}/lti/launch"]
    assert sent["jwks_uri"] == f"{server.address}/lti/keys"
    assert sent["token_endpoint_auth_method"] == "private_key_jwt" and sent["response_types"] == ["id_token"]
    assert {"lineitem", "score", "contextmembership.readonly"} == {
        scope.rpartition("/")[2] for scope in sent["scope"].split()
    }
    messages = {message["type"]: message["target_link_uri"] for message in sent[TOOL]["messages"]}
    assert messages["LtiDeepLinkingRequest"] == f"{server.address}/lti/content"
    assert sent[TOOL]["domain"] == urlsplit(server.address).netloc and "email" in sent[TOOL]["claims"]
    browser = Browser(platform, server.address, lambda: server.clock.now() / 1000)
    assert "is not connected" in browser.launch().text
    connected(server.database, platform)
    assert browser.launch().headers["Location"] == "/quizzes/all"
    assert f"{platform.address} (moodle)" in tea.page("/platforms")


def test_the_address_counts_once(server: LiveServer, platform: Platform, tea: Student) -> None:
    """A used, an old and a made-up address register nobody; a failed registration does not use it up."""
    address = new_address(tea)
    refused = registered(platform, address, token="wrong")
    assert "answered 401" in refused.text and platform.registrations == []
    assert "is registered" in registered(platform, address).text
    assert "has registered a platform already" in registered(platform, address).text
    assert "not an address of a registration" in registered(platform, f"{address}x").text
    old = new_address(tea)
    server.fake.pass_(8 * DAY)
    assert "more than a week old" in registered(platform, old).text
    assert len(platform.registrations) == 1


def test_a_platform_registers_twice(server: LiveServer, platform: Platform, tea: Student) -> None:
    """The first registration of an issuer and client stays, and another is refused with what to do."""
    assert "is registered" in registered(platform, new_address(tea)).text
    assert "already" in registered(platform, new_address(tea)).text
    assert tea.post("/platforms/registrations", issuer=platform.address, client=CLIENT, remove="yes")
    assert "No platform is registered yet" in tea.page("/platforms")
    assert "is registered" in registered(platform, new_address(tea)).text


def test_an_issuer_of_another_host(server: LiveServer, platform: Platform, tea: Student) -> None:
    """A platform that calls itself something else than its host waits until an instructor enables it."""
    platform.configuration = {"issuer": "https://canvas.instructure.com"}
    reply = registered(platform, new_address(tea))
    assert "is not the host that registered" in reply.text and "data-close" not in reply.text
    login = {"iss": "https://canvas.instructure.com", "login_hint": "ann", "client_id": CLIENT}
    with httpx.Client(base_url=server.address, **LOCAL) as http:
        assert http.post("/lti/login", data=login).status_code == 403
        issuer = {"issuer": "https://canvas.instructure.com", "client": CLIENT}
        assert tea.post("/platforms/registrations", **issuer, enable="yes").status_code == 303
        assert http.post("/lti/login", data=login).status_code == 303


ENDPOINTS = ("issuer", "registration_endpoint", "authorization_endpoint", "token_endpoint", "jwks_uri")


@pytest.mark.parametrize("name", ENDPOINTS)
def test_configurations_that_are_not_whole(platform: Platform, tea: Student, name: str) -> None:
    """A configuration that lacks an address, or has one that is not safe, is refused with its name."""
    for odd in (None, 7, "", "x" * 3000, "http://elsewhere.example/x"):
        platform.configuration = {name: odd}
        reply = registered(platform, new_address(tea))
        assert reply.status_code in (200, 400, 403), odd
        assert name == "issuer" or "is registered" not in reply.text, odd


def test_addresses_that_are_not_asked(server: LiveServer, platform: Platform, tea: Student) -> None:
    """Without a sound secret the server asks nobody; with one, only https and this machine."""
    address = new_address(tea)
    forged = registered(platform, f"{address[:-1]}x")
    assert forged.status_code == 403
    for configuration in ("http://10.0.0.1/openid", "file:///etc/passwd", "ftp://x.example/"):
        reply = registered(platform, address, configuration=configuration)
        assert "is not an https address" in reply.text
    assert "Paste the address of this page" in httpx.get(address, **LOCAL).text
    student = server.student(name="sue")
    assert student.post("/platforms/addresses").status_code == 404
    assert server.student(role="ta", name="tom").post("/platforms/addresses").status_code == 403


def test_lti_yaml_is_read_again(server: LiveServer, platform: Platform, tea: Student) -> None:
    """No change needs a restart; while the file is broken, what it said before counts, with a warning."""
    tool = server.site.lti
    assert isinstance(tool, Tool)
    server.site.warnings.append(tool.warning)
    path = server.course.root / "lti.yaml"
    browser = Browser(platform, server.address, lambda: server.clock.now() / 1000)
    connected(server.database, platform)
    assert (
        browser.http.post("/lti/login", data={"iss": platform.address, "login_hint": "x"}).status_code == 403
    )
    path.write_text(platform.registration(), encoding="utf-8")
    assert browser.launch().status_code == 303
    for broken in ("platforms: [", "platforms:\n  - issuer: x\n"):
        path.write_text(broken, encoding="utf-8")
        assert browser.launch().status_code == 303
        assert "lti.yaml" in tea.page("/platforms") and "until it is corrected" in tea.page("/platforms")
    path.write_text(platform.registration().replace(DEPLOYMENT, "deployment-2"), encoding="utf-8")
    assert f"&#39;{DEPLOYMENT}&#39;" in browser.launch().text
    assert "until it is corrected" not in tea.page("/platforms")
    path.unlink()
    assert (
        browser.http.post("/lti/login", data={"iss": platform.address, "login_hint": "x"}).status_code == 403
    )


def members(platform: Platform, *rows: dict[str, Any]) -> None:
    """What the platform lists."""
    platform.members = list(rows)


def test_members_by_a_button(server: LiveServer, tea: Student) -> None:
    """Every connected course is asked for its members; what became of each list is on the page."""
    with platform_for(server.course.root) as platform:
        server.publish("all")
        server.site.lti = Tool(server.course.root, server.course.root, SIGNER, server.database)
        platform.tool_keys = f"{server.address}/lti/keys"
        connected(server.database, platform)
        assert "Read the members now" not in tea.page("/platforms")
        browser = Browser(platform, server.address, lambda: server.clock.now() / 1000)
        assert browser.launch().status_code == 303
        members(platform, {"user_id": "user-2", "name": "Bea"}, {"user_id": "user-3", "name": "Cid"}, {})
        reply = tea.post("/platforms/members")
        assert "2 members, 0 left." in reply.text and "1 row of the platform cannot be read" in reply.text
        assert "Bea" in tea.page("/people") and "Cid" in tea.page("/people")
        platform.failing = 1
        assert "answered 503" in tea.post("/platforms/members").text
        assert server.student(role="ta", name="tom").post("/platforms/members").status_code == 403
        assert CONTEXT in tea.page("/platforms")
