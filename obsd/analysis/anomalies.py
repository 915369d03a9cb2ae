"""Anomalies: the measures that are compared with their own history, the threshold, and the reasons in words.

Owns the table of measures and their wording. A measure is a quantity of a window of time, of a commit or of a session;
each workspace has a baseline for each. Pure, any thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from obsd.analysis.baseline import Baseline, Usual
from obsd.facts import AnomalyKind

SCORE: Final = 3.0
"""Spreads above the median from which a value can be an anomaly (docs/analysis.md has the figures for others)."""

FIVE_MINUTES: Final = 300
HOUR: Final = 3600
WINDOWS: Final = ((FIVE_MINUTES, 0), (FIVE_MINUTES, FIVE_MINUTES // 2), (HOUR, 0), (HOUR, HOUR // 2))
"""Lengths and offsets of the windows in which activity is counted: short ones show bursts, long ones show activity that
goes on. Windows with an offset catch bursts that others cut in two; only windows without one are learnt from."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A quantity with a baseline: of a window of `window_seconds`, or (0) of a commit or a session.

    There is no verdict before `enough` observations, and none on a value below `least`, however rare it is. The
        weight of an observation halves with every `half_life` observations that follow.
    """

    name: str
    kind: AnomalyKind
    window_seconds: int
    enough: int
    least: float
    half_life: float


MEASURES: Final = (
    Measure("changes/300", "changes", FIVE_MINUTES, 50, 100, 1000),
    Measure("deletions/300", "deletions", FIVE_MINUTES, 50, 20, 1000),
    Measure("lines/300", "lines", FIVE_MINUTES, 50, 2000, 1000),
    Measure("files/300", "files", FIVE_MINUTES, 50, 40, 1000),
    Measure("changes/3600", "changes", HOUR, 24, 300, 250),
    Measure("deletions/3600", "deletions", HOUR, 24, 40, 250),
    Measure("lines/3600", "lines", HOUR, 24, 6000, 250),
    Measure("files/3600", "files", HOUR, 24, 120, 250),
    Measure("commit_size/0", "commit_size", 0, 20, 500, 250),
    Measure("session_length/0", "session_length", 0, 20, 5400, 250),
)
BY_NAME: Final = {measure.name: measure for measure in MEASURES}
BY_WINDOW: Final = {
    seconds: tuple(measure for measure in MEASURES if measure.window_seconds == seconds) for seconds, _ in WINDOWS
}
COMMIT_SIZE: Final = BY_NAME["commit_size/0"]
SESSION_LENGTH: Final = BY_NAME["session_length/0"]


@dataclass(frozen=True, slots=True)
class Threshold:
    """The threshold of a measure by its history: a value above `limit` is an anomaly."""

    measure: Measure
    usual: Usual
    limit: float

    def reason(self, value: float) -> str:
        """Returns why a value is an anomaly, in words."""
        amount, unit = _WORDS[self.measure.kind]
        usual = f"usual is {amount(self.usual.median)}, at most {amount(self.usual.at_most)}"
        if self.measure.window_seconds:
            return f"{amount(value)} {unit} in {self.measure.window_seconds // 60} min; {usual}"
        return f"{unit} {amount(value)}; {usual}"


def threshold_of(measure: Measure, baseline: Baseline, score: float = SCORE) -> Threshold | None:
    """Returns the threshold that follows from a history, or None while the history is too short."""
    usual = baseline.usual() if baseline.observations >= measure.enough else None
    if usual is None:
        return None
    return Threshold(measure, usual, max(usual.limit(score), measure.least))


def _count(value: float) -> str:
    return f"{round(value):,}"


def _lines(value: float) -> str:
    return f"{round(value):,} lines"


def _length(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


_WORDS: Final = {
    "changes": (_count, "changes"),
    "deletions": (_count, "deletions"),
    "lines": (_count, "lines"),
    "files": (_count, "files"),
    "commit_size": (_lines, "a commit of"),
    "session_length": (_length, "a session of"),
}
