"""Banks: files of items on one topic, `quizzes/banks/<topic>.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from autograder.errors import ContentError, choose_one
from autograder.yaml_source import line_of, read_yaml
from quizzes.content.items.any_item import Item
from quizzes.content.items.base import Part

__all__ = ["Bank", "BankFile", "find_item", "load_bank", "load_banks"]


class BankFile(Part):
    """The keys of a bank file."""

    topic: str = Field(min_length=1, description="The topic in words.")
    items: list[Item] = Field(min_length=1, description="Questions of any kind.")

    @model_validator(mode="after")
    def _different(self) -> Self:
        seen: set[str] = set()
        for item in self.items:
            if item.id in seen:
                raise ValueError(f"two items have the id {item.id!r}")
            seen.add(item.id)
        return self


class Bank:
    """The items on one topic; its name is the file's name."""

    def __init__(self, path: Path, file: BankFile) -> None:
        self.path, self.name, self.topic = path, path.stem, file.topic
        self.items: dict[str, Item] = {item.id: item for item in file.items}

    def line(self, item: str) -> int | None:
        """The line of an item."""
        return line_of(self.path.read_text(encoding="utf-8"), ("items", list(self.items).index(item)))

    def location(self, item: str) -> str:
        """File and line of an item."""
        return f"{self.path}, line {self.line(item)}"


def load_bank(path: Path) -> Bank:
    """The bank in a file; raises ContentError with file, line and key."""
    return Bank(path, read_yaml(path, BankFile))


def load_banks(folder: Path) -> dict[str, Bank]:
    """All banks of a folder by name."""
    return {path.stem: load_bank(path) for path in sorted(folder.glob("*.yaml"))}


def find_item(banks: dict[str, Bank], reference: str, location: str) -> Item:
    """The item `topic/id`; raises ContentError with the location of the reference."""
    topic, _, name = reference.partition("/")
    if topic not in banks:
        raise ContentError(
            f"{location}: there is no bank {topic!r}.",
            next_step=choose_one(banks, f"Add the bank quizzes/banks/{topic}.yaml."),
        )
    if name not in banks[topic].items:
        raise ContentError(
            f"{location}: bank {topic!r} has no item {name!r}.",
            next_step=choose_one(banks[topic].items, "Add the item to the bank."),
        )
    return banks[topic].items[name]
