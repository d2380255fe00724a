"""The report of an import or an export as a page: what was lost, item by item."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from autograder.course.local_time import counted

__all__ = ["LEFT_OUT", "report_page"]


LEFT_OUT = "It was left out"  # how the sentence on an item that was not taken over begins
STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;"
    "background:#fff}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;"
    "padding:.5rem;border-bottom:1px solid #767676;overflow-wrap:anywhere}ul{margin:0;padding-left:1.2rem}"
    ".left-out th::after{content:' ✗ left out';font-weight:normal}"
)


def report_page(title: str, summary: str, lost: Sequence[tuple[str, str]]) -> str:
    """A self-contained page; the items that were left out come first."""
    sentences: dict[str, list[str]] = {}
    for name, sentence in lost:
        sentences.setdefault(name, []).append(sentence)
    names = sorted(sentences, key=lambda name: not _is_left_out(sentences[name]))
    rows = "".join(_row(name, sentences[name]) for name in names)
    table = (
        '<table><thead><tr><th scope="col">Item</th><th scope="col">What was lost</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )
    what = (
        f"<p>{escape(counted(len(names), 'item'))} with losses:</p>{table}"
        if names
        else "<p>Nothing was lost.</p>"
    )
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>"
        f"<h1>{escape(title)}</h1><p>{escape(summary)}</p>{what}</main></body></html>\n"
    )


def _is_left_out(sentences: Sequence[str]) -> bool:
    return any(sentence.startswith(LEFT_OUT) for sentence in sentences)


def _row(name: str, sentences: Sequence[str]) -> str:
    mark = ' class="left-out"' if _is_left_out(sentences) else ""
    lines = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f'<tr{mark}><th scope="row">{escape(name)}</th><td><ul>{lines}</ul></td></tr>'
