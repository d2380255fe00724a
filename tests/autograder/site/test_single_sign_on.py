"""Sign-in by OpenID Connect and SAML against providers on this machine: whom they sign in, and whom never."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from graded_course import graded_course
from identity_providers import CLIENT, SECRET, OidcSimulator, SamlSimulator, oidc_provider
from live_homework import LiveHomework
from local_http import LOCAL
from sqlalchemy import select

from autograder.site.people import COURSE, add_person, enrol, remove_person
from autograder.site.tables import audit, sso_user

OIDC = "providers:\n  - {{id: university, kind: oidc, title: University account, issuer: {issuer}, client_id: {client}, client_secret_env: TEST_SSO_SECRET, person: {person}}}\n"  # noqa: E501
MISSING = "xmlsec1 is missing; `apt-get install xmlsec1` installs it."
SAML = "providers:\n  - {id: campus, kind: saml, title: Campus, metadata: idp.xml, person: uid}\n"


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveHomework]:
    """A course with Ann and an instructor on its roster."""
    with graded_course(tmp_path / "course") as live:
        with live.server.database.transaction() as connection:
            for who, role in (("ann", "student"), ("ina", "instructor")):
                add_person(connection, who, who.title())
                enrol(connection, COURSE, who, role=role)
        yield live


@pytest.fixture
def provider(live: LiveHomework, monkeypatch: pytest.MonkeyPatch) -> Iterator[OidcSimulator]:
    """A provider of OpenID Connect that the course names."""
    monkeypatch.setenv("TEST_SSO_SECRET", SECRET)
    with oidc_provider() as simulator:
        simulator.now = lambda: live.server.clock.now() / 1000
        configure(live, simulator)
        yield simulator


def configure(live: LiveHomework, simulator: OidcSimulator, person: str = "student_number") -> None:
    """Write sso.yaml."""
    text = OIDC.format(issuer=simulator.issuer, client=CLIENT, person=person)
    (live.server.course.root / "sso.yaml").write_text(text, encoding="utf-8")


def browser(live: LiveHomework) -> httpx.Client:
    """A browser that follows no redirect by itself."""
    return httpx.Client(base_url=live.server.address, **LOCAL)


def signed_in(http: httpx.Client, goal: str = "/") -> httpx.Response:
    """The reply to a whole sign-in: to the provider and back."""
    begun = http.get("/sso/university", params={"next": goal})
    assert begun.status_code == 303, begun.text
    back = httpx.get(begun.headers["Location"], **LOCAL)
    return http.get(back.headers["Location"])


def test_the_sign_in_page_offers_it(live: LiveHomework, provider: OidcSimulator) -> None:
    """A link beside the passcode; a mistake in the file takes it away from nobody and is told to staff."""
    with browser(live) as http:
        page = http.get("/sign-in?next=/grades").text
        assert "Sign in with University account" in page and "/sso/university?next=/grades" in page
        assert 'name="passcode"' in page
        (live.server.course.root / "sso.yaml").write_text("providers: [{kind: oidc}]\n", encoding="utf-8")
        assert "Sign in with University account" in http.get("/sign-in").text
    assert any("sso.yaml" in warning for warning in live.server.site.staff_warnings())


def test_somebody_on_the_roster_comes_in(live: LiveHomework, provider: OidcSimulator) -> None:
    """The provider's ID is the roster's; the page that was asked for follows; the log has the first time."""
    with browser(live) as http:
        done = signed_in(http, "/grades")
        assert (done.status_code, done.headers["Location"]) == (303, "/grades")
        assert "Nothing counts yet" in http.get("/grades").text
    provider.user["student_number"] = "ina"  # the binding counts from now on, whatever the attribute says
    with browser(live) as http:
        assert signed_in(http).status_code == 303
        assert http.get("/settings").status_code == 404
    with live.server.database.reading() as connection:
        acts = connection.execute(select(audit.c.who).where(audit.c.act == "sign in with an account")).all()
        assert [tuple(act) for act in acts] == [("ann",)]
        assert len(connection.execute(select(sso_user)).all()) == 1


def test_who_is_on_no_roster_stays_outside(live: LiveHomework, provider: OidcSimulator) -> None:
    """A stranger, an account without an ID, and somebody who was removed meanwhile: a sentence each."""
    for user in ({"student_number": "mallory"}, {"student_number": None}, {"student_number": ""}):
        provider.user = {"sub": f"other {user}", **user}
        with browser(live) as http:
            refused = signed_in(http)
            assert refused.status_code == 403 and "nobody in this course has that ID" in refused.text
            assert http.get("/grades").status_code == 303
    provider.user = {"sub": "user-1", "student_number": "ann"}
    with browser(live) as http:
        assert signed_in(http).status_code == 303
    with live.server.database.transaction() as connection:
        remove_person(connection, COURSE, "ann")
    with browser(live) as http:
        assert signed_in(http).status_code == 403


def test_an_address_counts_only_when_it_is_verified(live: LiveHomework, provider: OidcSimulator) -> None:
    """Who may write any address into a profile must not come in as its owner."""
    configure(live, provider, person="email")
    with live.server.database.transaction() as connection:
        add_person(connection, "ann@x.org", "Ann")
        enrol(connection, COURSE, "ann@x.org")
    provider.user = {"sub": "m", "email": "ann@x.org"}
    for verified, status in ((None, 403), (False, 403), ("true", 403), (True, 303)):
        provider.changes = {"email_verified": verified}
        with browser(live) as http:
            assert signed_in(http).status_code == status, verified


FORGED: list[dict[str, Any]] = [
    {"iss": "https://evil.example.org"},
    {"aud": "another-site"},
    {"aud": [CLIENT, "another-site"]},
    {"azp": "another-site"},
    {"nonce": "of another sign-in"},
    {"nonce": None},
    {"exp": 1_000_000_000},
    {"exp": None},
    {"sub": None},
]


@pytest.mark.parametrize("changes", FORGED, ids=str)
def test_a_token_that_is_not_for_this_sign_in(
    live: LiveHomework, provider: OidcSimulator, changes: dict[str, Any]
) -> None:
    """Of another issuer, for another site, another sign-in or another time: nobody comes in."""
    provider.changes = changes
    with browser(live) as http:
        refused = signed_in(http)
        assert refused.status_code == 400 and "could not be verified" in refused.text
        assert http.get("/grades").status_code == 303


def test_what_else_signs_nobody_in(live: LiveHomework, provider: OidcSimulator) -> None:
    """Another key, another browser's answer, a code twice, a changed state, a provider that says no."""
    provider.sign_with_other_key = True
    with browser(live) as http:
        assert signed_in(http).status_code == 400
    provider.sign_with_other_key = False
    with browser(live) as attacker, browser(live) as victim:
        begun = attacker.get("/sso/university")
        back = httpx.get(begun.headers["Location"], **LOCAL).headers["Location"]
        assert victim.get(back).status_code == 400  # never began one
        victim.get("/sso/university")
        assert victim.get(back).status_code == 400  # began another one
        assert victim.get("/grades").status_code == 303
        assert attacker.get(back).status_code == 303
        assert attacker.get(back).status_code == 400  # used up
    with browser(live) as http:
        http.get("/sso/university")
        answer = http.get("/sso/university/answer", params={"error": "access_denied", "state": "x"})
        assert answer.status_code == 400
        assert http.get("/sso/none").status_code == 404
        away = http.get("/sso/university", params={"next": "https://evil.example.org"})
        back = httpx.get(away.headers["Location"], **LOCAL).headers["Location"]
        assert http.get(back).headers["Location"] == "/"


def test_a_provider_that_is_away_is_a_sentence(live: LiveHomework, monkeypatch: pytest.MonkeyPatch) -> None:
    """The passcode works meanwhile."""
    monkeypatch.setenv("TEST_SSO_SECRET", SECRET)
    with oidc_provider() as simulator:
        configure(live, simulator)
    with browser(live) as http:
        refused = http.get("/sso/university")
        assert refused.status_code == 409 and "does not answer" in refused.text
        assert 'name="passcode"' in refused.text


@pytest.fixture
def saml(live: LiveHomework, tmp_path: Path) -> SamlSimulator:
    """A provider of SAML that the course names."""
    if shutil.which("xmlsec1") is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    simulator = SamlSimulator(tmp_path)
    root = live.server.course.root
    (root / "idp.xml").write_text(simulator.metadata, encoding="utf-8")
    (root / "sso.yaml").write_text(SAML, encoding="utf-8")
    return simulator


def test_saml_signs_in_whom_it_signed(live: LiveHomework, saml: SamlSimulator) -> None:
    """A signed answer to this browser's request; never unsigned, changed, sent again, or for another."""
    with browser(live) as http, browser(live) as other:
        metadata = http.get("/sso/campus/metadata").content
        assert b"AssertionConsumerService" in metadata
        begun = http.get("/sso/campus", params={"next": "/grades"})
        assert begun.headers["Location"].startswith("https://idp.example.org/sso?")
        form = saml.answer(begun.headers["Location"], metadata, "persistent-1", "ann")
        other.get("/sso/campus")
        elsewhere = {"Origin": "https://idp.example.org", "Sec-Fetch-Site": "cross-site"}
        assert other.post("/sso/campus/answer", data=form, headers=elsewhere).status_code == 400
        done = http.post("/sso/campus/answer", data=form, headers=elsewhere)
        assert (done.status_code, done.headers["Location"]) == (303, "/grades"), done.text
        assert "Nothing counts yet" in http.get("/grades").text
        assert http.post("/sso/campus/answer", data=form, headers=elsewhere).status_code == 400
    with browser(live) as http:
        begun = http.get("/sso/campus")
        unsigned = saml.answer(begun.headers["Location"], metadata, "persistent-2", "ina", signed=False)
        assert http.post("/sso/campus/answer", data=unsigned).status_code == 400
        begun = http.get("/sso/campus")
        form = saml.answer(begun.headers["Location"], metadata, "persistent-3", "ann")
        import base64

        text = base64.b64decode(form["SAMLResponse"]).decode()
        changed = base64.b64encode(text.replace(">ann<", ">ina<").encode()).decode()
        assert changed != form["SAMLResponse"]
        reply = http.post("/sso/campus/answer", data={**form, "SAMLResponse": changed})
        assert reply.status_code == 400 and http.get("/settings").status_code == 303


def test_saml_without_its_metadata_is_a_sentence(live: LiveHomework, saml: SamlSimulator) -> None:
    """A missing file, and one that is none."""
    path = live.server.course.root / "idp.xml"
    with browser(live) as http:
        path.write_text("<html>", encoding="utf-8")
        assert http.get("/sso/campus").status_code == 409
        path.unlink()
        refused = http.get("/sso/campus")
        assert refused.status_code == 409 and "no file idp.xml" in refused.text
