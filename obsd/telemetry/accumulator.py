"""From points to amounts: what each point adds to its series, however points are resent, reordered or restarted.

Owns how far every series is counted, in bounded memory, and the keys of the events that were. A request is staged
first, and put in force when the ledger has it. Event loop only.

Of a delta series the last windows are remembered: one of them again is a resend, any other counts. Of a cumulative
series the last runs (one for each start time) are: a point counts by how far it exceeds its own run. A series that was
forgotten counts from its next point on, unless it began later than all that is forgotten: an amount may be missed then,
but none is counted twice.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from obsd.telemetry.parsing import Happening, Point
from obsd.telemetry_facts import SeriesCount

MAX_SERIES: Final = 20_000
MAX_SERIES_OF_SESSION: Final = 2_000
MAX_SEEN: Final = 50_000
_MAX_VALUE: Final = 1e15
"""Beyond it a sum is no longer exact, and nobody used so many tokens."""
_WINDOWS: Final = 32
_RUNS: Final = 4
_IDLE_SECONDS: Final = 900.0
_FORGET_STEP: Final = 500

_Runs = tuple[tuple[int, int, float], ...]


@dataclass(slots=True)
class Staged:
    """What a request adds: `amounts` pairs points with what they add, `fresh` are the events that are new."""

    amounts: list[tuple[Point, float]] = field(default_factory=list)
    fresh: list[Happening] = field(default_factory=list)
    series: dict[bytes, SeriesCount] = field(default_factory=dict)
    seen: dict[bytes, None] = field(default_factory=dict)
    gone: list[bytes] = field(default_factory=list)
    horizon_ns: int = 0
    resent: int = 0
    rejected: int = 0
    sessions: Counter[str] = field(default_factory=Counter)


class Accumulator:
    """All series in force."""

    def __init__(self, max_series: int = MAX_SERIES, max_of_session: int = MAX_SERIES_OF_SESSION) -> None:
        self._max_series = max_series
        self._max_of_session = max_of_session
        self._series: OrderedDict[bytes, SeriesCount] = OrderedDict()
        self._sessions: Counter[str] = Counter()
        self._seen: OrderedDict[bytes, None] = OrderedDict()
        self._horizon_ns = 0

    def __len__(self) -> int:
        return len(self._series)

    def restore(self, series: Iterable[SeriesCount], seen: Iterable[bytes], horizon_ns: int) -> None:
        """Take over what the ledger kept, the one touched last at the end."""
        for count in series:
            self._put(count)
        self._seen.update(dict.fromkeys(seen))
        self._horizon_ns = horizon_ns

    def stage(self, points: Iterable[Point], happenings: Iterable[Happening], now: float) -> Staged:
        """What these add to what is in force, which stays as it is."""
        staged = Staged(horizon_ns=self._horizon_ns)
        for point in points:
            self._stage(staged, point, now)
        for happening in happenings:
            if happening.key in self._seen or happening.key in staged.seen:
                staged.resent += 1
            else:
                staged.seen[happening.key] = None
                staged.fresh.append(happening)
        return staged

    def apply(self, staged: Staged) -> None:
        """Put a stage in force; nothing else may have been put in force since it was made."""
        for key in staged.gone:
            count = self._series.pop(key, None)
            if count is not None:
                self._leave(count.session)
        for count in staged.series.values():
            self._put(count)
        self._seen.update(staged.seen)
        while len(self._seen) > MAX_SEEN:
            self._seen.popitem(last=False)
        self._horizon_ns = staged.horizon_ns

    def _put(self, count: SeriesCount) -> None:
        if count.key not in self._series:
            self._sessions[count.session] += 1
        self._series[count.key] = count
        self._series.move_to_end(count.key)

    def _leave(self, session: str) -> None:
        self._sessions[session] -= 1
        if not self._sessions[session]:
            del self._sessions[session]

    def _stage(self, staged: Staged, point: Point, now: float) -> None:
        if not 0.0 <= point.value < _MAX_VALUE:
            staged.rejected += 1
            return
        known = staged.series.get(point.key) or self._series.get(point.key)
        if known is None and not self._room(staged, point, now):
            staged.rejected += 1
            return
        runs: _Runs = known.runs if known is not None else ()
        if point.cumulative:
            amount, runs = _risen(runs, point, known is None and point.start_ns <= self._horizon_ns)
        else:
            amount, runs = _added(runs, point)
        if amount is None:
            staged.resent += 1
            return
        session = f"{point.sender.agent}/{point.sender.session}"
        staged.series[point.key] = SeriesCount(point.key, session, point.cumulative, now, runs)
        if amount > 0:
            staged.amounts.append((point, amount))

    def _room(self, staged: Staged, point: Point, now: float) -> bool:
        """Whether a new series has a place; those that are idle for long make room."""
        session = f"{point.sender.agent}/{point.sender.session}"
        if self._sessions[session] + staged.sessions[session] >= self._max_of_session:
            return False
        if len(self._series) + len(staged.series) - len(staged.gone) >= self._max_series:
            self._forget(staged, now)
        if len(self._series) + len(staged.series) - len(staged.gone) >= self._max_series:
            return False
        staged.sessions[session] += 1
        return True

    def _forget(self, staged: Staged, now: float) -> None:
        gone = set(staged.gone)
        for key, count in self._series.items():
            if len(staged.gone) - len(gone) >= _FORGET_STEP or now - count.touched_at < _IDLE_SECONDS:
                break
            if key not in gone and key not in staged.series:
                staged.gone.append(key)
                latest = max((start for start, _, _ in count.runs), default=0)
                staged.horizon_ns = max(staged.horizon_ns, latest)


def _added(runs: _Runs, point: Point) -> tuple[float | None, _Runs]:
    """What a delta adds (None: it is counted already, or too old to tell), and the windows with it."""
    if not point.time_ns:
        return point.value, runs
    if any(start == point.start_ns and time == point.time_ns for start, time, _ in runs):
        return None, runs
    if len(runs) >= _WINDOWS and point.time_ns < min(time for _, time, _ in runs):
        return None, runs
    later = sorted((*runs, (point.start_ns, point.time_ns, 0.0)), key=lambda run: run[1])
    return point.value, tuple(later[-_WINDOWS:])


def _risen(runs: _Runs, point: Point, forgotten: bool) -> tuple[float | None, _Runs]:
    """What a cumulative point adds (None: a later point of its run is counted already), and the runs with it."""
    now = (point.start_ns, point.time_ns, point.value)
    for run in runs:
        start, time, value = run
        if start != point.start_ns:
            continue
        if point.time_ns <= time:
            return None, runs
        # One that fell began again without saying so.
        risen = point.value - value if point.value >= value else point.value
        return risen, tuple(now if one is run else one for one in runs)
    if len(runs) >= _RUNS and point.start_ns < min(start for start, _, _ in runs):
        return None, runs
    later = sorted((*runs, now))
    return 0.0 if forgotten else point.value, tuple(later[-_RUNS:])
