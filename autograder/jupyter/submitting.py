"""`submit` for notebooks: hands the saved file in to the course's site and prints the receipt.

A notebook cannot save itself: what is submitted is the file on the disk, so its time and the functions it
holds are printed, and a file that is older than two minutes is asked about. The token is kept in the user's
own settings, readable by nobody else; it may also come from AUTOGRADER_SITE and AUTOGRADER_TOKEN.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from autograder.errors import AutograderError, SubmissionError, UsageError
from autograder.submissions.notebook import read_notebook, require_size
from autograder.submissions.stubs import defined_functions, stubs_among

__all__ = ["send_notebook", "submit"]

OLD = 120.0  # seconds
TIMEOUT = 60.0  # seconds
LARGEST_SETTINGS = 100_000  # bytes


def submit(notebook: str | Path = "", *, site: str = "", token: str = "") -> None:
    """Submit a notebook: the saved file, the only one in this directory if none is named.

    `site` and `token` are needed once; they are kept. Prints the receipt, or a sentence on what is wrong.
    """
    try:
        address, secret = _settings(site, token)
        path = Path(notebook) if notebook else _only_notebook(Path.cwd())
        age = time.time() - path.stat().st_mtime
        saved = time.strftime("%H:%M:%S", time.localtime(path.stat().st_mtime))
        print(f"{path.name} was saved at {saved}.")
        if age > OLD and not _confirmed(f"That is {_span(age)} ago. Submit this file all the same? [y/N] "):
            print("Nothing was submitted. Save the notebook (Ctrl-S) and run this cell again.")
            return
        print(send_notebook(path, address, secret))
    except AutograderError as problem:  # a traceback would hide the sentence
        print(f"Nothing was submitted. {problem.message} {problem.next_step}".strip())
    except OSError as problem:
        print(f"Nothing was submitted. {problem.filename or 'The file'}: {problem.strerror}.")


def send_notebook(path: Path, site: str, token: str) -> str:
    """Send a notebook to a site: the receipt as text.

    Raises UsageError where the site refuses it or does not answer, or where it is not a notebook.
    """
    try:
        data = path.read_bytes()
        require_size(data)
        sources = [cell.source for cell in read_notebook(data)]
    except SubmissionError as problem:
        raise UsageError(f"{path.name}: {problem.message}", next_step=problem.next_step) from problem
    assignment = path.stem
    address = f"{site}/api/homework/{urllib.parse.quote(assignment, safe='')}"
    facts = _ask(address, token=token)
    functions = [str(name) for name in facts.get("functions", ())]
    defined = defined_functions(sources, functions)
    if functions and not defined:
        raise UsageError(
            f"{path.name} defines none of the functions of {facts.get('title')}.",
            next_step=f"Submit your notebook for this assignment, {assignment}.ipynb.",
        )
    query = urllib.parse.urlencode({"file": path.name})
    receipt = _ask(f"{address}/submissions?{query}", data, token)
    stubs, missing = stubs_among(sources, defined), [name for name in functions if name not in defined]
    lines = [
        f"Submitted   {facts.get('title')}, submission {receipt.get('number')}",
        f"Received    {receipt.get('received')}",
        f"SHA-256     {receipt.get('sha256')}",
        f"Signature   {receipt.get('signature')}",
        f"Result      {site}{receipt.get('page')}",
        *([f"Missing     {', '.join(missing)}"] if missing else []),
        *([f"Still stubs {', '.join(stubs)}"] if stubs else []),
        *([f"Note        {receipt['notice']}"] if receipt.get("notice") else []),
    ]
    return "\n".join(lines)


def _settings(site: str, token: str) -> tuple[str, str]:
    """The site and the token: as given, from the environment, or as they were kept."""
    path = _settings_file()
    site = site or os.environ.get("AUTOGRADER_SITE", "")
    token = token or os.environ.get("AUTOGRADER_TOKEN", "")
    kept: dict[str, Any] = {}
    if path.is_file():
        try:
            kept = json.loads(path.read_bytes()[:LARGEST_SETTINGS])
        except ValueError:
            kept = {}
    if not site and len(kept) == 1:
        site = next(iter(kept))
    if not site:
        raise UsageError(
            "No site is known here.",
            next_step='Make a token on the course\'s site, and run submit(site="…", token="…") once.',
        )
    site = site.rstrip("/")
    if not site.startswith(("http://", "https://")):
        raise UsageError(f"{site} is not a site's address.", next_step="Write it with https:// before it.")
    if token and not os.environ.get("AUTOGRADER_TOKEN"):
        _keep(path, {**kept, site: token})
    token = token or str(kept.get(site, ""))
    if not token:
        raise UsageError(
            f"No token for {site} is known here.",
            next_step='Make one on its page “Submit from a notebook”; run submit(site="…", token="…") once.',
        )
    return site, token


def _keep(path: Path, settings: dict[str, Any]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with open(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        json.dump(settings, file)
    part.replace(path)
    print(f"The token is kept in {path}, for you alone. Delete it from this cell.")


def _settings_file() -> Path:
    home = os.environ.get("XDG_CONFIG_HOME") or (
        os.environ.get("APPDATA") if sys.platform == "win32" else None
    )
    return Path(home or Path.home() / ".config") / "autograder" / "tokens.json"


def _only_notebook(folder: Path) -> Path:
    notebooks = sorted(path for path in folder.glob("*.ipynb") if not path.name.startswith("."))
    if len(notebooks) != 1:
        names = ", ".join(path.name for path in notebooks) or "none"
        raise UsageError(
            f"This directory holds {len(notebooks)} notebooks ({names}).",
            next_step='Name yours: submit("my-notebook.ipynb").',
        )
    return notebooks[0]


def _ask(address: str, data: bytes | None = None, token: str = "") -> dict[str, Any]:
    headers = {"Accept": "application/json", "Content-Type": "application/octet-stream"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(address, data, headers)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as reply:
            answer = json.load(reply)
    except urllib.error.HTTPError as refusal:
        raise _refusal(refusal) from refusal
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "reason", problem)
        raise UsageError(
            f"The site does not answer: {reason}.", next_step="Check the network and the address; try again."
        ) from problem
    if not isinstance(answer, dict):
        raise UsageError("The site's answer is not a receipt.", next_step="Check the site's address.")
    return answer


def _refusal(refusal: urllib.error.HTTPError) -> UsageError:
    try:
        answer = json.load(refusal)
        return UsageError(str(answer["message"]), next_step=str(answer.get("next_step", "")))
    except (ValueError, KeyError, TypeError):
        return UsageError(
            f"The site answered {refusal.code}.", next_step="Check its address, or submit in the browser."
        )


def _confirmed(question: str) -> bool:
    try:
        return input(question).strip().casefold() in ("y", "yes")
    except (EOFError, RuntimeError):  # nobody is there to ask, as in a notebook that runs by itself
        return False


def _span(seconds: float) -> str:
    minutes = int(seconds // 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
