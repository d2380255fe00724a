"""Numeric answers: every mode is inclusive and computed in Decimal."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from quizzes.content.written_numbers import LARGEST_EXPONENT

__all__ = ["Tolerance"]


Mode = Literal["exact", "abs", "rel", "abs_or_rel", "range", "sigfigs", "decimals"]
NEEDS: dict[str, set[str]] = {
    "exact": set(),
    "abs": {"abs"},
    "rel": {"rel"},
    "abs_or_rel": {"abs", "rel"},
    "range": {"below", "above"},
    "sigfigs": {"digits"},
    "decimals": {"digits"},
}

LARGEST = Decimal(f"1e{LARGEST_EXPONENT}")


class Tolerance(BaseModel):
    """How far from the key an answer may be."""

    model_config = ConfigDict(extra="forbid")

    mode: Mode = Field(default="rel", description="How the distance is measured.")
    abs: Decimal | None = Field(default=None, ge=0, le=LARGEST, description="Largest distance from the key.")
    rel: Decimal | None = Field(default=None, ge=0, lt=1, description="Largest share of the key.")
    below: Decimal | None = Field(
        default=None, ge=0, le=LARGEST, description="range: how far below the key is right."
    )
    above: Decimal | None = Field(
        default=None, ge=0, le=LARGEST, description="range: how far above the key is right."
    )
    digits: int | None = Field(default=None, ge=0, le=15, description="sigfigs, decimals: how many.")
    count_digits: bool = Field(default=False, description="sigfigs: exactly so many must be typed.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        names = {
            name for name in ("abs", "rel", "below", "above", "digits") if getattr(self, name) is not None
        }
        needed = NEEDS[self.mode]
        if self.mode == "rel" and not names:
            self.rel, names = Decimal("0.01"), {"rel"}
        if names != needed:
            wants = " and ".join(sorted(needed)) or "nothing else"
            raise ValueError(f"mode {self.mode} takes {wants}")
        if self.mode == "sigfigs" and not self.digits:
            raise ValueError("mode sigfigs needs at least one digit")
        return self

    def margins(self, key: Decimal) -> tuple[Decimal, Decimal]:
        """How far below and above the key is right; raises ValueError for rel with key 0."""
        size = Decimal(0)
        if self.mode == "rel" and not key:
            raise ValueError("the key is 0, of which no share can be taken; use mode abs or abs_or_rel")
        if self.mode == "range":
            return self.below or size, self.above or size
        if self.mode in ("abs", "abs_or_rel"):
            size = self.abs or size
        if self.mode in ("rel", "abs_or_rel"):
            size = max(size, abs(key) * (self.rel or 0))
        if self.mode == "decimals":
            size = Decimal("0.5").scaleb(-(self.digits or 0))
        if self.mode == "sigfigs":
            size = Decimal("0.5").scaleb((key.adjusted() if key else 0) + 1 - (self.digits or 1))
        return size, size

    def accepts(self, value: Decimal, key: Decimal) -> bool:
        """Is the value right? Both ends count."""
        below, above = self.margins(key)
        return key - below <= value <= key + above

    def rule(self) -> str:
        """Which numbers earn the points, as a sentence for students."""
        if not any(self.margins(Decimal(1))):
            return "Only the exact number earns the points."
        if self.mode in ("sigfigs", "decimals"):
            return "The number, rounded as asked, earns full marks."
        return "The number earns full marks when it is exact or rounded to four digits or more."

    def hint(self) -> str:
        """What a student has to know to write the number, without saying how far off may be right."""
        if self.mode == "decimals":
            return f"Give {self.digits} decimals."
        if self.mode == "sigfigs":
            exactly = "exactly " if self.count_digits else ""
            return f"Give {exactly}{self.digits} significant digits."
        return (
            "Give the exact number."
            if self.mode == "exact"
            else "Exact, or with at least four significant digits."
        )
