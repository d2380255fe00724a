"""Launches in a frame, and platforms whose keys are silent, broken or new."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fake_clock import MINUTE
from live_server import SIGNER, LiveServer
from patience import eventually
from platform_simulator import CLAIM, CLIENT, Browser, Platform, connected, platform_for

from autograder.site.lti.services import Tool


@pytest.fixture
def platform(server: LiveServer) -> Iterator[Platform]:
    """A platform whose course is connected, and an open quiz."""
    with platform_for(server.course.root) as platform:
        server.publish("all")
        server.site.lti = Tool(server.course.root, server.course.root, SIGNER)
        connected(server.database, platform)
        yield platform


def browser(server: LiveServer, platform: Platform) -> Browser:
    """A browser on the server's clock."""
    return Browser(platform, server.address, lambda: server.clock.now() / 1000)


def may_be_framed(reply: Any) -> bool:
    """Whether another site may show this page in a frame."""
    policy = reply.headers["Content-Security-Policy"]
    assert ("X-Frame-Options" in reply.headers) == ("frame-ancestors 'none'" in policy)
    return "frame-ancestors *" in policy


def new_tab(page: str) -> str:
    """The address of the only thing to press on a page."""
    assert page.count("<a ") == 1 and "<form" not in page and "<script" not in page
    (address,) = re.findall(r'<a class="button main" href="([^"]+)" target="_blank" rel="noopener">', page)
    return html.unescape(address)


@pytest.mark.parametrize("place", ["iframe", "frame"])
def test_a_login_in_a_frame(server: LiveServer, platform: Platform, place: str) -> None:
    """It gets a small page with one button, which begins the same login in a tab of its own."""
    visitor = browser(server, platform)
    login = {
        "iss": platform.address,
        "login_hint": "a&b",
        "client_id": CLIENT,
        "lti_message_hint": '{"cmid":1}',
        "x": "y",
    }
    framed = visitor.http.post("/lti/login", data=login, headers={"Sec-Fetch-Dest": place})
    assert framed.status_code == 200 and may_be_framed(framed) and "lti_state" not in framed.cookies
    alone = visitor.http.get(new_tab(framed.text), headers={"Sec-Fetch-Dest": "document"})
    assert alone.status_code == 303 and not may_be_framed(alone)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(alone.headers["Location"]).query).items()}
    assert (asked["login_hint"], asked["lti_message_hint"]) == ("a&b", '{"cmid":1}')
    claims = platform.claims(asked["nonce"], visitor.clock())
    claims[f"{CLAIM}launch_presentation"] = {"document_target": "iframe"}
    reply = visitor.post(platform.signed(claims), asked["state"])
    assert reply.headers["Location"] == "/quizzes/all"  # no second page of that kind, whatever the claim says


def test_a_launch_in_a_frame(server: LiveServer, platform: Platform) -> None:
    """Where a browser does not say where a page is shown, the platform's claim counts; nobody is let in."""
    visitor = browser(server, platform)
    framed = visitor.launch(**{f"{CLAIM}launch_presentation": {"document_target": "iframe"}})
    assert framed.status_code == 200 and may_be_framed(framed) and "quiz_session" not in visitor.http.cookies
    assert visitor.http.get(new_tab(framed.text)).status_code == 303
    window = visitor.launch(**{f"{CLAIM}launch_presentation": {"document_target": "window"}})
    assert window.headers["Location"] == "/quizzes/all"


def test_a_refusal_in_a_frame(server: LiveServer, platform: Platform) -> None:
    """Its sentence shows there, too; every other page stays in nobody's frame."""
    visitor = browser(server, platform)
    frame = {"Sec-Fetch-Dest": "iframe"}
    refused = visitor.http.post("/lti/login", data={"iss": "https://x.example"}, headers=frame)
    assert refused.status_code == 403 and may_be_framed(refused) and "not registered" in refused.text
    refused = visitor.http.post("/lti/launch", data={"error": "login_required"}, headers=frame)
    assert refused.status_code == 403 and may_be_framed(refused) and "login_required" in refused.text
    for path in ("/", "/sign-in", "/platforms", "/lti/keys", "/nowhere"):
        assert not may_be_framed(visitor.http.get(path, headers=frame)), path
    alone = {"Sec-Fetch-Dest": "document"}
    assert not may_be_framed(visitor.http.post("/lti/launch", data={"error": "x"}, headers=alone))


def test_a_silent_key_server(server: LiveServer, platform: Platform) -> None:
    """While one platform says nothing, more launches than there are threads wait, and others come in."""
    with platform_for(server.course.root) as silent:
        both = platform.registration() + silent.registration().partition("\n")[2]
        (server.course.root / "lti.yaml").write_text(both, encoding="utf-8")
        connected(server.database, silent)
        silent.answering.clear()
        with ThreadPoolExecutor(20) as pool:
            waiting = [
                pool.submit(browser(server, silent).launch, sub=f"user-{number}", email=None)
                for number in range(20)
            ]
            eventually(lambda: silent.keys_requested)
            assert browser(server, platform).launch().status_code == 303
            assert server.student(role="instructor", name="tea").get("/people").status_code == 200
            assert not any(launch.done() for launch in waiting)
            silent.answering.set()
            assert {launch.result().status_code for launch in waiting} == {303}
        assert silent.keys_requested == 1


def test_failures_are_remembered(server: LiveServer, platform: Platform) -> None:
    """Keys that could not be read are requested once a minute, and launches are refused at once meanwhile."""
    path = server.course.root / "lti.yaml"
    sound = path.read_text("utf-8")
    path.write_text(sound.replace(f"{platform.address}/keys", f"{platform.address}/items"), encoding="utf-8")
    requests = []
    answer = platform.answer

    def counted(request: Any, body: bytes) -> None:
        requests.append(request.path)
        answer(request, body)

    platform.answer = counted  # type: ignore[method-assign]
    for _ in range(5):
        reply = browser(server, platform).launch()
        assert reply.status_code == 403 and "keys cannot be read" in reply.text
    assert requests == ["/items"]
    server.fake.pass_(MINUTE + 1000)
    assert browser(server, platform).launch().status_code == 403
    assert requests == ["/items"] * 2


def test_rotated_keys(server: LiveServer, platform: Platform) -> None:
    """A new key is read when a launch comes with it, at most once a minute; made-up ones cause no flood."""
    assert browser(server, platform).launch().status_code == 303
    for number in range(5):
        platform.key_id = f"k{number + 2}"
        refused = browser(server, platform).launch()
        assert refused.status_code == 403 and "does not have" in refused.text
    assert platform.keys_requested == 1
    server.fake.pass_(MINUTE + 1000)
    assert browser(server, platform).launch().status_code == 303
    assert platform.keys_requested == 2
