"""Figures against their targets, as lines of text."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured number; with a target it is met or missed."""

    what: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def verdict(self) -> str:
        """Whether the target is met; nothing where there is none."""
        if self.at_most is None and self.at_least is None:
            return ""
        low = self.at_least is None or self.value >= self.at_least
        high = self.at_most is None or self.value <= self.at_most
        return "met" if low and high else "MISSED"

    @property
    def target(self) -> str:
        """The target in words."""
        if self.at_most is not None:
            return f"at most {self.at_most:g}"
        return "" if self.at_least is None else f"at least {self.at_least:g}"


def table(figures: Sequence[Figure]) -> str:
    """The figures as lines of text."""
    lines = [f"{'':<66}{'measured':>12} {'unit':<12}{'target':<15}"]
    lines += [
        f"{each.what:<66}{each.value:>12.3f} {each.unit:<12}{each.target:<15}{each.verdict}"
        for each in figures
    ]
    return "\n".join(line.rstrip() for line in lines)
