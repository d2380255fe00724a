"""Build the documentation site: pages that stand beside what they describe, four tutorials, and a reference.

    make docs        # or: python .docs/build.py OUT

The sources are copied into a temporary tree under the paths they have here, so that links between them
hold; the reference of commands, keys, check helpers, statuses and routes is written from the program itself.
Nothing is fetched.
"""

from __future__ import annotations

import inspect
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

ROOT = Path(__file__).parents[1]
HERE = Path(__file__).parent
DOORS = ("student", "instructor", "author", "administrator")
PICTURES = (".svg", ".png")
# Left out: what is no documentation of the product.
OUTSIDE = {".venv", ".demo", ".git", "tests", "node_modules", ".pytest_cache"}
MODULES = """# Modules

What each module of the program is for, and what it exports, for whoever works on it.

```{toctree}
:maxdepth: 1
:glob:

api-*
```
"""
CODE_FILES = re.compile(r"\]\((?!https?:|#|mailto:)([^)\s#]+?)(#[^)]*)?\)")

sys.path.insert(0, str(ROOT))


def pages() -> list[Path]:
    """The Markdown pages of the repository, as paths from its root."""
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*.md"))
    return sorted(path for path in found if not OUTSIDE & set(path.parts) and path.parts[0] != HERE.name)


def write_sources(tree: Path) -> None:
    """Write everything that Sphinx reads."""
    for page in pages():
        target = tree / page
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(
            _without_links_to_code((ROOT / page).read_text(encoding="utf-8"), page), encoding="utf-8"
        )
    for folder in ("assignments", "autograder", "quizzes"):
        for picture in (ROOT / folder).rglob("*"):
            if picture.suffix in PICTURES:
                target = tree / picture.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(picture, target)
    for door in DOORS:
        shutil.copyfile(HERE / "tutorials" / f"{door}.md", tree / f"{door}.md")
    shutil.copyfile(HERE / "index.md", tree / "index.md")
    for name, text in reference().items():
        target = tree / "reference" / f"{name}.md"
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8")


def _without_links_to_code(text: str, page: Path) -> str:
    """Links to files that are no pages become their names: the site has the pages alone."""

    def shown(match: re.Match[str]) -> str:
        target = (ROOT / page).parent / match[1]
        return match[0] if target.suffix in (".md", *PICTURES) else "]"

    without = CODE_FILES.sub(shown, text)
    return re.sub(r"(?<!!)\[([^\]]+)\](?![(\[:])", r"\1", without) if without != text else text


# --- The reference, from the program itself ------------------------------------------------------


def reference() -> dict[str, str]:
    """Each page of the reference by its name."""
    from autograder.course.assignment import AssignmentFile
    from autograder.course.course import CourseFile
    from quizzes.content.bank import BankFile
    from quizzes.content.quiz_file import QuizFile

    return {
        "commands": "# Commands\n\n" + "\n".join(command_lines()),
        "course-yaml": keys_page("course.yaml", CourseFile),
        "assignment-yaml": keys_page("assignment.yaml", AssignmentFile),
        "quiz-files": keys_page("Quiz files", QuizFile),
        "bank-files": keys_page("Bank files", BankFile),
        "check-helpers": helpers_page(),
        "statuses": statuses_page(),
        "routes": routes_page(),
        "modules": MODULES,
        **api_pages(),
    }


def command_lines() -> Iterator[str]:
    """Every command of both programs with its arguments and options."""
    from autograder.cli import COMMANDS as HOMEWORK
    from quizzes.cli import COMMANDS as QUIZZES

    for program, entries in (("autograder", HOMEWORK), ("quizzes", QUIZZES)):
        for entry in entries:
            target = entry.load()
            if isinstance(target, typer.Typer):
                made: Any = typer.main.get_command(target)
            else:
                app = typer.Typer(add_completion=False)
                app.command(entry.name)(target)
                made = typer.main.get_command(app)
            yield from _command(f"{program} {entry.name}", made)


def _command(name: str, command: Any) -> Iterator[str]:
    if hasattr(command, "commands"):
        yield f"## {name}\n\n{_paragraphs(command.help)}\n"
        for child in command.commands.values():
            yield from _command(f"{name} {child.name}", child)
        return
    yield f"## {name}\n\n{_paragraphs(command.help)}\n"
    rows = []
    for parameter in command.params:
        if parameter.name == "help":
            continue
        if parameter.param_type_name == "argument":
            spelled = (parameter.metavar or parameter.name or "").upper()
        else:
            spelled = ", ".join([*parameter.opts, *parameter.secondary_opts])
        rows.append(f"| `{spelled}` | {_cell(getattr(parameter, 'help', '') or '')} |")
    if rows:
        yield "| argument or option | meaning |\n|---|---|\n" + "\n".join(rows) + "\n"


def _paragraphs(text: str | None) -> str:
    return inspect.cleandoc(text or "")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def keys_page(title: str, model: Any) -> str:
    """The keys of a file, from its schema: what each means, its type, its default."""
    schema = model.model_json_schema()
    parts = {title: schema, **schema.get("$defs", {})}
    lines = [f"# {title}\n"]
    for name, part in parts.items():
        if name != title:
            lines.append(f"## {name}\n")
        if part.get("description"):
            lines.append(f"{_cell(part['description'])}\n")
        if "enum" in part:
            lines.append("One of " + ", ".join(f"`{value}`" for value in part["enum"]) + ".\n")
        if not part.get("properties"):
            continue
        lines.append("| key | type | meaning | default |\n|---|---|---|---|")
        required = part.get("required", [])
        for key, value in part["properties"].items():
            default = "*required*" if key in required else f"`{value.get('default')!r}`"
            its_type = parts.get(value.get("$ref", "").rpartition("/")[2], {})
            words = value.get("description") or its_type.get("description", "")
            lines.append(f"| `{key}` | {_type(value)} | {_cell(words)} | {_cell(default)} |")
        lines.append("")
    return "\n".join(lines)


def _type(value: dict[str, Any]) -> str:
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return ", ".join(f"`{item}`" for item in value["enum"])
    for several in ("anyOf", "oneOf"):
        if several in value:
            return " or ".join(dict.fromkeys(map(_type, value[several])))
    if value.get("type") == "array":
        return f"list of {_type(value.get('items', {}))}"
    if value.get("type") == "object" and isinstance(value.get("additionalProperties"), dict):
        return f"map to {_type(value['additionalProperties'])}"
    return str(value.get("type", "anything")).replace("null", "nothing")


def helpers_page() -> str:
    """All that `autograder.checks` exports."""
    from autograder import checks

    lines = ["# What authors import\n", "```python\nfrom autograder.checks import check, …\n```\n"]
    for name in checks.__all__:
        lines.append(f"## {name}\n")
        lines += _described(name, getattr(checks, name))
    return "\n".join(lines)


def _described(name: str, value: Any) -> list[str]:
    if not callable(value):
        return [f"`{value!r}`\n" if len(repr(value)) < 200 else f"A {type(value).__name__}.\n"]
    try:
        signature = f"{name}{inspect.signature(value)}"
    except (TypeError, ValueError):
        signature = name
    signature = re.sub(r"autograder\.(\w+\.)*|numpy\.|typing\.|collections\.abc\.", "", signature)
    return [f"```python\n{signature}\n```\n", f"{_prose(inspect.getdoc(value))}\n"]


def _prose(text: str | None) -> str:
    """A docstring as Markdown: indented blocks stay as they are, angle brackets are no tags."""
    return re.sub(r"<(?=[A-Za-z/])", "\\\\<", text or "")


def statuses_page() -> str:
    """How a check can end; the source says what each means."""
    from autograder.report import Status

    source = inspect.getsource(Status)
    notes = dict(re.findall(r'= "(\w+)"(?:  # (.*))?', source))
    rows = [f"| `{status.value}` | {notes.get(status.value, '')} |" for status in Status]
    return (
        f"# How a check ends\n\n{inspect.getdoc(Status)}\n\n| status | meaning |\n|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )


def routes_page() -> str:
    """The HTTP routes of the site, by what serves them."""
    from autograder.site.application import site_routes

    lines = ["# HTTP routes\n", "| route | what it does |\n|---|---|"]
    for route in site_routes():
        for method in sorted(getattr(route, "methods", None) or ()):
            if method != "HEAD":
                doc = inspect.getdoc(getattr(route, "endpoint", None)) or ""
                lines.append(f"| `{method} {route.path}` | {_cell(_prose(doc.split(chr(10))[0]))} |")
    return "\n".join(lines) + "\n"


def api_pages() -> dict[str, str]:
    """A page for each room with what its modules export."""
    import importlib

    made: dict[str, list[str]] = {}
    for package in ("autograder", "quizzes"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if parts[-1] in ("__init__", "__main__", "zygote") or "migrations" in parts:
                continue
            room = "-".join(parts[:-1])
            module = importlib.import_module(".".join(parts))
            lines = made.setdefault(room, [f"# {'.'.join(parts[:-1])}\n"])
            lines.append(f"## {parts[-1]}\n\n{_prose(inspect.getdoc(module))}\n")
            for name in getattr(module, "__all__", ()):
                value = getattr(module, name)
                if inspect.isfunction(value) or inspect.isclass(value):
                    lines.append(f"### {parts[-1]}.{name}\n")
                    lines += _described(name, value)
    return {f"api-{room}": "\n".join(lines) for room, lines in made.items()}


def main() -> None:
    """Build the site into the folder named on the command line."""
    from sphinx.cmd.build import build_main

    out = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "site"
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name)
        write_sources(tree)
        shutil.copyfile(HERE / "conf.py", tree / "conf.py")
        shutil.copytree(HERE / "static", tree / "static")
        code = build_main(["-q", "-W", "--keep-going", "-b", "html", str(tree), str(out)])
    if code == 0:
        print(f"Open {out / 'index.html'}")
    sys.exit(code)


if __name__ == "__main__":
    main()
