"""The few pieces of SVG that the charts are made of."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from autograder.feedback.text import clean

__all__ = ["coordinate", "element", "image", "label", "share"]


def coordinate(value: float) -> str:
    """A length in user units with one decimal, as short as it gets."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def share(value: float) -> str:
    """A length relative to the width of the chart."""
    return f"{coordinate(100 * value)}%"


def element(name: str, *children: str | Markup, **attributes: str | float) -> Markup:
    """An element; text and attributes are cleaned and escaped, markup is taken as it is.

    `class_` is the attribute class; other underscores are hyphens.
    """
    inside = "".join(child if isinstance(child, Markup) else escape(clean(child)) for child in children)
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    return Markup(f"<{name}{written}>{inside}</{name}>")


def _attribute(key: str, value: str | float) -> str:
    text = coordinate(value) if isinstance(value, (int, float)) else escape(clean(value))
    return f' {key.rstrip("_").replace("_", "-")}="{text}"'


def label(text: str, x: str | float, y: str | float, kind: str = "", anchor: str = "start") -> Markup:
    """A piece of text in a chart."""
    return element("text", text, x=x, y=y, class_=kind, text_anchor=anchor)


def image(
    parts: Iterable[Markup],
    *,
    key: str,
    title: str,
    description: str,
    height: float,
    width: float | None = None,
    kind: str,
) -> Markup:
    """A whole chart; without a width it is as wide as the page, and its text keeps its size.

    `key` is unique on the page: the title and the description are found by it.
    """
    size: dict[str, str | float] = {"width": "100%", "height": height}
    if width is not None:
        size = {"width": width, "height": height, "viewBox": f"0 0 {width:g} {height:g}"}
    return element(
        "svg",
        element("title", title, id=f"{key}-title"),
        element("desc", description, id=f"{key}-desc"),
        *parts,
        **size,
        class_=f"chart {kind}",
        role="img",
        aria_labelledby=f"{key}-title",
        aria_describedby=f"{key}-desc",
    )
