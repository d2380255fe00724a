"""The report of an import or an export as a page: what was lost, item by item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from autograder.course.local_time import counted

__all__ = ["LEFT_OUT", "ItemLosses", "losses_by_item", "report_page"]


LEFT_OUT = "It was left out"  # how the sentence on an item that was not taken over begins
STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;"
    "background:#fff}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;"
    "padding:.5rem;border-bottom:1px solid #767676;overflow-wrap:anywhere}ul{margin:0;padding-left:1.2rem}"
    ".left-out th::after{content:' ✗ left out';font-weight:normal}"
)


@dataclass(frozen=True)
class ItemLosses:
    """What was lost of one item, in sentences."""

    name: str
    sentences: list[str]

    @property
    def is_left_out(self) -> bool:
        """Whether nothing of it was taken over."""
        return any(sentence.startswith(LEFT_OUT) for sentence in self.sentences)


def losses_by_item(lost: Sequence[tuple[str, str]]) -> list[ItemLosses]:
    """The losses of each item; the items that were left out come first."""
    items: dict[str, ItemLosses] = {}
    for name, sentence in lost:
        items.setdefault(name, ItemLosses(name, [])).sentences.append(sentence)
    return sorted(items.values(), key=lambda item: not item.is_left_out)


def report_page(title: str, summary: str, lost: Sequence[tuple[str, str]]) -> str:
    """A self-contained page; the items that were left out come first."""
    items = losses_by_item(lost)
    rows = "".join(map(_row, items))
    table = (
        '<table><thead><tr><th scope="col">Item</th><th scope="col">What was lost</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )
    what = (
        f"<p>{escape(counted(len(items), 'item'))} with losses:</p>{table}"
        if items
        else "<p>Nothing was lost.</p>"
    )
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>"
        f"<h1>{escape(title)}</h1><p>{escape(summary)}</p>{what}</main></body></html>\n"
    )


def _row(item: ItemLosses) -> str:
    mark = ' class="left-out"' if item.is_left_out else ""
    lines = "".join(f"<li>{escape(sentence)}</li>" for sentence in item.sentences)
    return f'<tr{mark}><th scope="row">{escape(item.name)}</th><td><ul>{lines}</ul></td></tr>'
