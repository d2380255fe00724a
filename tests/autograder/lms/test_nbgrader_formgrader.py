"""nbgrader's formgrader, served by a real Jupyter server, in a real browser."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader_commands import Taken, database, environment, notebook_ids
from patience import eventually
from playwright.sync_api import Browser, Page, expect
from raw_http import free_port
from tiny_course import ASSIGNMENT

pytestmark = [pytest.mark.xdist_group("nbgrader"), pytest.mark.full]

TOKEN = "tests"


@pytest.fixture(scope="module")
def formgrader(taken: Taken, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a formgrader on the class."""
    port = free_port()
    settings = [
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={TOKEN}",
        "--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}",
    ]
    log = tmp_path_factory.mktemp("formgrader") / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyter", "server", *settings],
            cwd=taken.folder,
            env=environment(taken.folder.parent / "home"),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/api", server, log)
            yield address
        finally:
            server.terminate()
            server.wait()


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    def answers() -> bool:
        try:
            urllib.request.urlopen(url).close()
        except (urllib.error.URLError, OSError):
            return False
        return True

    assert eventually(answers, unless=lambda: server.poll() is not None), log.read_text(encoding="utf-8")


@pytest.fixture
def page(browser: Browser, formgrader: str) -> Iterator[Page]:
    """A page that is logged in; nbgrader's own pages have warnings that are not ours to mend."""
    page = browser.new_page()
    page.goto(f"{formgrader}/formgrader?token={TOKEN}")
    yield page
    page.close()


def test_the_table_of_a_class(page: Page, formgrader: str) -> None:
    """The gradebook's page of the assignment has every submission's score."""
    page.goto(f"{formgrader}/formgrader/gradebook/{ASSIGNMENT}/{ASSIGNMENT}")
    expect(page.locator("tbody tr")).to_have_count(14)
    expect(page.locator("tbody")).to_contain_text("6 / 4")
    expect(page.locator("tbody")).to_contain_text("5 / 4")


def test_a_submission(page: Page, formgrader: str, taken: Taken) -> None:
    """A submission's page shows the engine's score in nbgrader's box, and what the engine found."""
    notebook = notebook_ids(database(taken.folder), ASSIGNMENT)["mistaken"]
    page.goto(f"{formgrader}/formgrader/submissions/{notebook}/")
    expect(page.locator("input.score").first).to_have_attribute("placeholder", "3")
    expect(page.locator("input.extra-credit").nth(1)).to_have_value("2")
    findings = page.locator(".autograder").first
    assert findings.locator("h4").inner_text() == "Doubling: 3 of 4 points"
    assert findings.get_by_text("You square x; doubling multiplies it by 2.").is_visible()
    assert findings.locator("svg.chart").first.bounding_box() is not None
    assert page.get_by_text("3 of 4 points", exact=True).is_visible()  # the output that nbgrader reads
