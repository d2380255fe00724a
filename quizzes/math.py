"""TeX as MathML, on the server: pages need no script and no font from elsewhere."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape, unescape
from xml.etree import ElementTree

from math_core import LatexError, LatexToMathML

__all__ = ["MathProblem", "mathml"]

ENTITY = re.compile(r"&(?!amp;|lt;|gt;|quot;|apos;)[A-Za-z]+;")


class MathProblem(ValueError):
    """The TeX cannot be read."""


@lru_cache(maxsize=4096)
def mathml(tex: str, *, display: bool = False) -> str:
    """The formula as well-formed MathML Core with the TeX as alternative text; raises MathProblem."""
    try:
        made = LatexToMathML(fancy_error=False).convert_with_local_state(tex, displaystyle=display)
    except LatexError as problem:
        raise MathProblem(f"${tex[:60]}$ is not TeX that can be shown: {problem}") from problem
    # HTML's own names of signs are unknown to XML; the signs themselves are known to both.
    made = ENTITY.sub(lambda found: unescape(found[0]), made)
    try:
        ElementTree.fromstring(made)
    except ElementTree.ParseError as problem:
        raise MathProblem(f"${tex[:60]}$ gives MathML that is not well formed: {problem}") from problem
    return made.replace("<math", f'<math alttext="{escape(" ".join(tex.split()))}"', 1)
