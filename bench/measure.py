"""What a row of the table is: samples of ours and of the peer's taken in turn, their ratio and the goal."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Goal:
    """`at_least` and `at_most` bound ours divided by the peer's; `within` bounds ours minus the peer's.

    `ceiling` bounds ours alone, in the row's unit.
    """

    kind: Literal["at_least", "at_most", "within", "ceiling"]
    value: float

    def met(self, ours: float, theirs: float) -> bool:
        match self.kind:
            case "at_least":
                return ours / theirs >= self.value
            case "at_most":
                return ours / theirs <= self.value
            case "within":
                return ours - theirs <= self.value
            case "ceiling":
                return ours <= self.value

    def text(self, unit: str) -> str:
        match self.kind:
            case "at_least":
                return f"≥ {self.value:g} ×"
            case "at_most":
                return f"≤ {self.value:g} ×"
            case "within":
                return f"≤ +{self.value:g} {unit}"
            case "ceiling":
                return f"≤ {self.value:g} {unit}"


@dataclass(frozen=True)
class Row:
    """One line of the table. `margin` is the goal that even a loaded machine must keep: what the short form asserts."""

    name: str
    what: str
    peer: str
    unit: str
    ours: list[float]
    theirs: list[float]
    goal: Goal
    margin: Goal
    extra: dict[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """Ours divided by the peer's, of the medians."""
        return statistics.median(self.ours) / statistics.median(self.theirs)

    def met(self, goal: Goal) -> bool:
        """Whether the medians keep `goal`."""
        return goal.met(statistics.median(self.ours), statistics.median(self.theirs))

    def as_json(self) -> dict[str, Any]:
        """The row for a results file."""
        return {
            "row": self.name,
            "what": self.what,
            "peer": self.peer,
            "unit": self.unit,
            "ours": _summary(self.ours),
            "theirs": _summary(self.theirs),
            "ratio": round(self.ratio, 3),
            "goal": self.goal.text(self.unit),
            "goalMet": self.met(self.goal),
            "marginMet": self.met(self.margin),
            "extra": {name: round(value, 4) for name, value in self.extra.items()},
        }


def interleave(
    rounds: int, ours: Callable[[], float], theirs: Callable[[], float]
) -> tuple[list[float], list[float]]:
    """Samples of both, in turn, so that what else the machine does hits both."""
    samples: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        samples[0].append(ours())
        samples[1].append(theirs())
    return samples


def percentile(samples: list[float], per_cent: float) -> float:
    """The sample that `per_cent` of all do not exceed."""
    ordered = sorted(samples)
    return ordered[min(int(len(ordered) * per_cent / 100), len(ordered) - 1)]


def processor_s(pid: int) -> float:
    """Processor time of a process so far, with that of its ended children."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(word) for word in words[11:15]) / _TICKS_PER_S


def _summary(samples: list[float]) -> dict[str, Any]:
    return {
        "median": round(statistics.median(samples), 4),
        "low": round(min(samples), 4),
        "high": round(max(samples), 4),
        "samples": [round(sample, 4) for sample in samples],
    }
