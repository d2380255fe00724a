"""The JSON Schema of banks and quizzes: what loads is valid by it, common mistakes are not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
import yaml

from quizzes.content.items.any_item import Item
from quizzes.content.json_schema import Described, schema_text

QUIZZES = Path(__file__).parents[3] / "quizzes"
FILES = [*(("bank", path) for path in sorted(QUIZZES.glob("banks/*.yaml"))), ("quiz", QUIZZES / "quiz4.yaml")]
ITEM: dict[str, Any] = {"id": "one", "type": "numeric", "prompt": "?", "explanation": "!", "key": 1}


def problems(of: Described, content: object) -> list[str]:
    """What a validator says of a file's content."""
    schema = json.loads(schema_text(of))
    jsonschema.Draft202012Validator.check_schema(schema)
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(content)]


@pytest.mark.parametrize(("of", "path"), FILES, ids=lambda value: getattr(value, "stem", None))
def test_our_files_are_valid(of: Described, path: Path) -> None:
    """An editor marks nothing in a file that loads."""
    assert problems(of, yaml.safe_load(path.read_text(encoding="utf-8"))) == []


def test_the_readme_is_valid() -> None:
    """All kinds of the README's example are, too."""
    text = (QUIZZES / "README.md").read_text(encoding="utf-8")
    example = yaml.safe_load(text.split("```yaml\n")[1].split("```")[0])
    assert problems("bank", example) == []
    kinds = {
        get_args(item_type.model_fields["type"].annotation)[0] for item_type in get_args(get_args(Item)[0])
    }
    assert {item["type"] for item in example["items"]} == kinds


@pytest.mark.parametrize(
    "changes",
    [{"kye": 1}, {"type": "number"}, {"prompt": ""}, {"key": None}, {"id": "One!"}],
)
def test_mistakes_are_marked(changes: dict[str, Any]) -> None:
    """Unknown keys and kinds, empty texts and values of the wrong type are seen while typing."""
    bank = {"topic": "Test", "items": [ITEM]}
    assert problems("bank", bank) == []
    assert problems("bank", {**bank, "items": [{**ITEM, **changes}]})


def test_every_key_is_described() -> None:
    """An editor says of each key of a bank what it is for."""
    schema = json.loads(schema_text("bank"))
    for name, part in {"bank": schema, **schema["$defs"]}.items():
        for key, description in part.get("properties", {}).items():
            assert description.keys() & {"description", "const", "$ref"}, f"{name}.{key}"


def test_the_command_prints_it() -> None:
    """`quizzes schema bank` prints the schema alone; anything else is refused in words."""
    command = [sys.executable, "-m", "quizzes", "schema"]
    completed = subprocess.run([*command, "bank"], capture_output=True, text=True, check=True)
    assert json.loads(completed.stdout) == json.loads(schema_text("bank"))
    completed = subprocess.run([*command, "nonsense"], capture_output=True, text=True, check=False)
    assert completed.returncode == 2
    assert "'bank'" in completed.stderr
