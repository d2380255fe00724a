"""What course.yaml says of the gradebook: groups with their weights, what is dropped, letters.

gradebook:
  groups:
    - name: Homework
      weight: 70
      drop_lowest: 1
      never_drop: [week3]
      of: [week1, week2, week3]
    - name: Quizzes
      weight: 30
      of: [quiz4]
  scale: {A: 90, B: 80, C: 70, F: 0}
"""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["GradebookRules", "Group"]


class Group(BaseModel):
    """Assignments and quizzes that are weighted together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, description="As pages show it.")
    weight: Decimal = Field(
        gt=0, description="Its share of the total; weights are relative, 70 and 30 say what 7 and 3 do."
    )
    of: list[str] = Field(min_length=1, description="Names of assignments and quizzes.")
    drop_lowest: int = Field(
        default=0, ge=0, description="How many are left out: those without which the rest is best."
    )
    never_drop: list[str] = Field(default_factory=list, description="Those of them that always count.")

    @model_validator(mode="after")
    def _can_be_dropped(self) -> Group:
        if twice := next((name for name in self.of if self.of.count(name) > 1), ""):
            raise ValueError(f"{twice} is in it twice")
        if stranger := next((name for name in self.never_drop if name not in self.of), ""):
            raise ValueError(f"never_drop names {stranger}, which is not in this group")
        if self.drop_lowest and self.drop_lowest >= len(self.of) - len(self.never_drop):
            raise ValueError(
                f"drop_lowest is {self.drop_lowest}, but of the {len(self.of) - len(self.never_drop)} "
                "that may be dropped one has to stay"
            )
        return self


class GradebookRules(BaseModel):
    """How a course's total comes about."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    groups: list[Group] = Field(min_length=1, description="In the order of the pages.")
    scale: dict[str, Decimal] = Field(
        default_factory=dict,
        description="Letters with the least percentage each stands for, as shown, with two decimals.",
    )

    @model_validator(mode="after")
    def _once_each(self) -> GradebookRules:
        names = [group.name for group in self.groups]
        if twice := next((name for name in names if names.count(name) > 1), ""):
            raise ValueError(f"there are two groups {twice}")
        items = [item for group in self.groups for item in group.of]
        if twice := next((item for item in items if items.count(item) > 1), ""):
            raise ValueError(f"{twice} is in two groups")
        limits = list(self.scale.values())
        if any(limits.count(limit) > 1 for limit in limits):
            raise ValueError("two letters of the scale stand for the same percentage")
        return self

    def letter(self, percent: Decimal) -> str:
        """The letter for a percentage; empty where there is no scale, or below its last one."""
        reached = {least: letter for letter, least in self.scale.items() if least <= percent}
        return reached[max(reached)] if reached else ""
