"""The JSON Schema of banks and quizzes, for editors that complete and check YAML while it is written.

It says what the models say: keys, types, ranges. What only a whole item shows, a name that is not there for
example, is for `quizzes lint`.
"""

from __future__ import annotations

import json
from typing import Literal

from pydantic import BaseModel

from quizzes.content.bank import BankFile
from quizzes.content.quiz_file import QuizFile

__all__ = ["Described", "schema_text"]


Described = Literal["bank", "quiz"]
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_text(of: Described) -> str:
    """The schema of a bank's or a quiz's file, as JSON."""
    models: dict[Described, type[BaseModel]] = {"bank": BankFile, "quiz": QuizFile}
    schema = {"$schema": DIALECT, **models[of].model_json_schema(), "title": f"A {of} of the quiz system"}
    return json.dumps(schema, ensure_ascii=False, indent=2)
