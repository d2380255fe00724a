"""The course's banks as one quiz with every item in it, for tests of what goes to other systems."""

from __future__ import annotations

import base64
from pathlib import Path

from quizzes.content.bank import load_banks
from quizzes.content.items.any_item import Item
from quizzes.content.items.base import Image
from quizzes.content.quiz import Pool, Quiz

BANKS = Path(__file__).parents[2] / "quizzes" / "banks"
# One pixel.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def every_item() -> dict[str, Item]:
    """All items by reference; the first has a picture."""
    items = {
        f"{bank.name}/{id}": item for bank in load_banks(BANKS).values() for id, item in bank.items.items()
    }
    first = next(iter(items))
    picture = Image(file="pictures/dot.png", alt='A dot & a "point"')
    items[first] = items[first].model_copy(update={"images": [picture]})
    return items


def quiz_of(items: dict[str, Item]) -> Quiz:
    """A quiz that asks for each of them."""
    pools = [Pool(items={reference: item}) for reference, item in items.items()]
    pictures = {image.file: base64.b64encode(PNG) for item in items.values() for image in item.images}
    return Quiz.model_validate(
        {
            "name": "all",
            "title": "All & <everything>",
            "pools": [pool.model_dump(exclude_unset=True) for pool in pools],
            "pictures": pictures,
        }
    )
