"""A JupyterHub gives each user's server the site's address and a token for submitting."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import subprocess
import sys
import weakref
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from event_loops import run
from homework_site import HomeworkSite, Visitor, serving, solved, tiny_site
from local_http import LOCAL
from patience import eventually
from raw_http import free_port
from tiny_course import ASSIGNMENT

from autograder.environment import HUB_SECRET
from autograder.jupyter.hub import submit_tokens

SECRET = "a secret for the tests of a Hub"
API_TOKEN = "0123456789abcdef" * 4
CONFIG = """
import os
import weakref
from autograder.jupyter.hub import submit_tokens

c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub_port}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.command = [{proxy!r}]
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r} + "/{{username}}"
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root"]
c.Spawner.default_url = "/tree"
c.Spawner.start_timeout = 600
c.Spawner.http_timeout = 600
c.JupyterHub.services = [dict(name="test", api_token={token!r})]
c.JupyterHub.load_roles = [
    dict(name="test", services=["test"], scopes=["admin:users", "admin:servers", "access:servers"])
]
c.Spawner.pre_spawn_hook = submit_tokens({site!r})
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeworkSite]:
    """A running site that shares a secret with a Hub."""
    os.environ[HUB_SECRET] = SECRET
    try:
        with serving(tiny_site(tmp_path_factory.mktemp("course")), "--graders", "1") as site:
            yield site
    finally:
        del os.environ[HUB_SECRET]


def environment_of(site: HomeworkSite, name: str, secret: str = SECRET) -> dict[str, str]:
    """What the hook gives to the server of a user."""
    spawner = SimpleNamespace(user=SimpleNamespace(name=name), environment={"AUTOGRADER_TOKEN": "an old one"})
    run(submit_tokens(f"{site.address}/", secret)(spawner))  # type: ignore[arg-type]
    environment: dict[str, str] = spawner.environment
    return environment


def test_a_token_of_the_user(site: HomeworkSite) -> None:
    """A user gets a token that submits for them, whatever capitals the Hub writes; their page lists it."""
    given = environment_of(site, "ANN")
    assert given["AUTOGRADER_SITE"] == site.address
    ann = site.visitor("ann")
    page = ann.page("/tokens")
    assert "JupyterHub" in page and given["AUTOGRADER_TOKEN"] not in page
    headers = {"Authorization": f"Bearer {given['AUTOGRADER_TOKEN']}"}
    reply = httpx.post(
        f"{site.address}/api/homework/{ASSIGNMENT}/submissions",
        content=solved(site.course),
        headers=headers,
        **LOCAL,
    )
    assert ann.http.get(reply.json()["page"]).status_code == 200


def test_tokens_of_a_hub_push_out_no_others(site: HomeworkSite) -> None:
    """However often a server starts, the newest five tokens hold, and so does one that the student made."""
    bob = site.visitor("bob")
    page = bob.http.post("/tokens", data={"token": bob.token, "label": "laptop"}).text
    (mine,) = set(re.findall(r"submit-[A-Za-z0-9_-]{32}", page))
    tokens = [environment_of(site, "bob")["AUTOGRADER_TOKEN"] for _ in range(25)]

    def holds(token: str) -> bool:
        reply = httpx.get(
            f"{site.address}/api/homework/{ASSIGNMENT}",
            headers={"Authorization": f"Bearer {token}"},
            **LOCAL,
        )
        return reply.status_code == 200

    assert [holds(token) for token in (mine, *tokens)] == [True, *[False] * 20, *[True] * 5]


@pytest.mark.parametrize(
    ("name", "secret", "sentence"),
    [
        ("nobody", SECRET, "nobody is the name of nobody in this course."),
        ("ann", "another secret, long enough", "This site makes no tokens for this Hub."),
        ("ann", "", "This site makes no tokens for this Hub."),
        ("a\nb\0", SECRET, "in this course."),
    ],
)
def test_without_a_token(
    site: HomeworkSite, caplog: pytest.LogCaptureFixture, name: str, secret: str, sentence: str
) -> None:
    """A stranger, or a wrong secret: the Hub's log has a sentence, and the server starts without a token."""
    os.environ.pop(HUB_SECRET)
    try:
        with caplog.at_level(logging.WARNING):
            assert "AUTOGRADER_TOKEN" not in environment_of(site, name, secret)
    finally:
        os.environ[HUB_SECRET] = SECRET
    assert sentence in caplog.text


def test_a_site_that_does_not_answer(caplog: pytest.LogCaptureFixture) -> None:
    """The Hub's log says so."""
    nowhere = SimpleNamespace(address="http://127.0.0.1:9")
    with caplog.at_level(logging.WARNING):
        assert "AUTOGRADER_TOKEN" not in environment_of(nowhere, "ann")  # type: ignore[arg-type]
    assert "ann has no token for submitting: the site does not answer" in caplog.text


@contextmanager
def hub(site: HomeworkSite, folder: Path) -> Iterator[str]:
    """A running JupyterHub with the configuration of the recipe; its address."""
    ports = {name: free_port() for name in ("port", "hub_port", "proxy_port")}
    homes = folder / "homes"
    homes.mkdir()
    (folder / "jupyterhub_config.py").write_text(
        CONFIG.format(
            **ports,
            proxy=str(Path(sys.executable).with_name("configurable-http-proxy")),
            token=API_TOKEN,
            python=sys.executable,
            homes=str(homes),
            site=site.address,
        ),
        encoding="utf-8",
    )
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-m", "jupyterhub"],
            cwd=folder,
            stdout=log,
            stderr=log,
            env={**os.environ, HUB_SECRET: SECRET},
        ) as process,
    ):
        address = f"http://127.0.0.1:{ports['port']}"

        def answers() -> bool:
            try:
                return httpx.get(f"{address}/hub/health", **LOCAL).status_code == 200
            except httpx.TransportError:
                return False

        try:
            assert eventually(answers, unless=lambda: process.poll() is not None), (
                folder / "log"
            ).read_text()
            yield address
        finally:
            process.terminate()
            process.wait()


class HubUser:
    """A user of the Hub whose server runs, and a program with a token for it."""

    def __init__(self, address: str, name: str) -> None:
        self.name, self.address = name, address
        self.headers = {"Authorization": f"token {API_TOKEN}"}
        self.http = httpx.Client(base_url=address, headers=self.headers, **LOCAL)
        weakref.finalize(self, self.http.close)  # a browser that nobody holds any more is closed
        self.http.post(f"/hub/api/users/{name}").raise_for_status()
        self.http.post(f"/hub/api/users/{name}/server").raise_for_status()
        eventually(lambda: self.http.get(f"/user/{name}/api/status").status_code == 200)

    def run(self, code: str) -> str:
        """What a notebook's kernel prints for some code."""
        reply = self.http.post(f"/user/{self.name}/api/kernels", json={"name": "python3"})
        assert reply.status_code == 201, reply.text
        return run(self._run(reply.json()["id"], code))

    async def _run(self, kernel: str, code: str) -> str:
        from tornado.httpclient import HTTPRequest
        from tornado.websocket import websocket_connect

        address = f"{self.address.replace('http', 'ws')}/user/{self.name}/api/kernels/{kernel}/channels"
        header = {"msg_id": "1", "msg_type": "execute_request", "session": "s", "version": "5.3"}
        content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
        message = {"header": {**header, "username": ""}, "content": content, "channel": "shell"}
        printed = ""
        connection = await websocket_connect(HTTPRequest(address, headers=self.headers))
        with closing(connection):
            await connection.write_message(json.dumps({**message, "parent_header": {}, "metadata": {}}))
            while (raw := await connection.read_message()) is not None:
                reply = json.loads(raw)
                if reply["parent_header"].get("msg_id") != "1":
                    continue
                content = reply["content"]
                printed += content.get("text", "") if reply["msg_type"] == "stream" else ""
                printed += "\n".join(content["traceback"]) if reply["msg_type"] == "error" else ""
                if reply["msg_type"] == "execute_reply":
                    break
        return printed


@pytest.mark.full
def test_from_release_to_feedback_in_a_hub(site: HomeworkSite, tmp_path: Path) -> None:
    """In a server that the Hub started the handout runs, submit() needs no token, and there is feedback."""
    pytest.importorskip("jupyterhub")
    ann: Visitor = site.visitor("ann")
    handout = ann.http.get(f"/homework/{ASSIGNMENT}/handout").content
    with hub(site, tmp_path) as address:
        user = HubUser(address, "ann")
        home = tmp_path / "homes" / "ann"
        zipfile.ZipFile(io.BytesIO(handout)).extractall(home)
        printed = user.run(f"import os; os.chdir({ASSIGNMENT!r})\nfrom autograder import check\ncheck()")
        assert "Error" not in printed, printed
        (home / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").write_bytes(solved(site.course) + b"\n\n")
        printed = user.run(f"import os; os.chdir({ASSIGNMENT!r})\nfrom autograder import submit\nsubmit()")
        assert "Submitted" in printed, printed
        page = re.search(r"Result +http://[^/]+(/\S+)", printed)
        assert page is not None
        assert "6 of 6 points" in ann.graded(page[1])
        assert "everything" in ann.page(f"{page[1]}/feedback").lower()
        user.http.delete("/hub/api/users/ann/server")
        user.http.close()
