"""From points to amounts: what each point adds to its series, however points are resent, reordered or restarted.

Owns how far every series is counted, in bounded memory, and the keys of the events that were. A request is staged
first, and put in force when the ledger has it. Event loop only.

Of a delta series the windows that were counted are remembered: one of them again is a resend, any other counts. Of a
cumulative series the last runs (one for each start time, that is each process) are: a point counts by how far it
exceeds its own run. A series or run that was forgotten counts from its next point on, unless it began later than all
that is forgotten: an amount may be missed then, but none is counted twice. A session counts once, however often, and in
however many items, it is said to begin.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Final

from obsd.facts.telemetry import SeriesCount
from obsd.telemetry.parsing import Happening, Point, session_key
from obsd.telemetry.senders import Sender
from obsd.telemetry.vocabulary import Reading

MAX_SERIES: Final = 20_000
MAX_SERIES_OF_SESSION: Final = 2_000
MAX_SEEN: Final = 50_000
_MAX_VALUE: Final = 1e15
"""Beyond it a sum is no longer exact, and nobody used so many tokens."""
_WINDOWS: Final = 32
_RUNS: Final = 64
_IDLE_SECONDS: Final = 900.0
_FORGET_STEP: Final = 500
_OLD_KEY_BYTES: Final = 12

_Runs = tuple[tuple[int, int, float], ...]


@dataclass(slots=True)
class Staged:
    """What a request adds: `amounts` pairs points with what they add, `fresh` are the events that are new.

    `work` has who was at work from when to when, in Unix seconds of the sender's clock: only what is new is work.
    """

    amounts: list[tuple[Point, float]] = field(default_factory=list)
    fresh: list[Happening] = field(default_factory=list)
    readings: list[tuple[Sender, Reading]] = field(default_factory=list)
    work: list[tuple[Sender, float, float]] = field(default_factory=list)
    series: dict[bytes, SeriesCount] = field(default_factory=dict)
    seen: dict[bytes, None] = field(default_factory=dict)
    gone: list[bytes] = field(default_factory=list)
    horizon_ns: int = 0
    resent: int = 0
    rejected: int = 0
    sessions: Counter[str] = field(default_factory=Counter)
    more: int = 0
    """So many series there are more, for each session in `sessions`."""
    full: set[str] = field(default_factory=set)
    """Sessions in which nothing can make room."""


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
        self._horizon_ns = horizon_ns
        for count in series:
            if len(count.key) == _OLD_KEY_BYTES:
                # Made when a series' name lacked its scope: it cannot be found again, and must not count twice.
                self._horizon_ns = max(self._horizon_ns, _latest_start(count))
            else:
                self._put(count)
        self._seen.update(dict.fromkeys(seen))

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
                call = happening.call
                started_at, ended_at = (call.started_at, call.ended_at) if call else (happening.started_at,) * 2
                staged.work.append((happening.sender, started_at, ended_at))
        return staged

    def read(self, staged: Staged) -> None:
        """Fill in what a stage's new amounts and events say."""
        for point, amount in staged.amounts:
            self._read(staged, point.sender, point.readings(amount))
        for happening in staged.fresh:
            self._read(staged, happening.sender, happening.readings)

    def _read(self, staged: Staged, sender: Sender, readings: Iterable[Reading]) -> None:
        """Take over what items say; that a session began counts once."""
        for reading in readings:
            if reading.measure == "sessions" and sender.session:
                key = session_key(sender)
                if key in self._seen or key in staged.seen:
                    continue
                staged.seen[key] = None
                reading = replace(reading, amount=1.0)
            staged.readings.append((sender, reading))

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
            amount, runs = self._added(staged, runs, point)
        if amount is None:
            staged.resent += 1
            return
        session = f"{point.sender.agent}/{point.sender.session}"
        staged.series[point.key] = SeriesCount(point.key, session, point.cumulative, now, runs)
        if amount > 0:
            staged.amounts.append((point, amount))
            since = min(_since(known, point), point.time_ns)
            staged.work.append((point.sender, since * 1e-9, point.time_ns * 1e-9))

    def _room(self, staged: Staged, point: Point, now: float) -> bool:
        """Whether a new series has a place; those that are idle for long make room."""
        session = f"{point.sender.agent}/{point.sender.session}"
        if self._sessions[session] + staged.sessions[session] >= self._max_of_session:
            self._forget(staged, now, session)
        if self._sessions[session] + staged.sessions[session] >= self._max_of_session:
            return False
        if len(self._series) + staged.more >= self._max_series:
            self._forget(staged, now, "")
        if len(self._series) + staged.more >= self._max_series:
            return False
        staged.sessions[session] += 1
        staged.more += 1
        return True

    def _forget(self, staged: Staged, now: float, session: str) -> None:
        """Have idle series go, of one session or ("") of all."""
        if session in staged.full:
            return
        gone, before = set(staged.gone), len(staged.gone)
        for key, count in self._series.items():
            # One touched in the future was touched before the clock was set back.
            if len(staged.gone) - before >= _FORGET_STEP or 0 <= now - count.touched_at < _IDLE_SECONDS:
                break
            if key not in gone and key not in staged.series and session in ("", count.session):
                staged.gone.append(key)
                staged.sessions[count.session] -= 1
                staged.more -= 1
                # A clock that is ahead must not make old what begins from now on.
                staged.horizon_ns = max(staged.horizon_ns, min(_latest_start(count), int(now * 1e9)))
        if len(staged.gone) == before:
            staged.full.add(session)

    def _added(self, staged: Staged, runs: _Runs, point: Point) -> tuple[float | None, _Runs]:
        """What a delta adds (None: it is counted already), and the windows with it.

        Windows are known by their exact times, not by their order: a clock that was set back makes no point old.
        """
        if not point.time_ns:
            return point.value, runs
        if any((start, time) == (point.start_ns, point.time_ns) for start, time, _ in runs):
            return None, runs
        if len(runs) < _WINDOWS:
            return point.value, (*runs, (point.start_ns, point.time_ns, 0.0))
        mine = _window_key(point.key, point.start_ns, point.time_ns)
        if mine in self._seen or mine in staged.seen:
            return None, runs
        staged.seen[_window_key(point.key, *runs[0][:2])] = None
        return point.value, (*runs[1:], (point.start_ns, point.time_ns, 0.0))


def _since(known: SeriesCount | None, point: Point) -> int:
    """From when on it may be that a point's amount came to be."""
    if not point.cumulative:
        return point.start_ns or point.time_ns
    runs = known.runs if known is not None else ()
    return max((time for start, time, _ in runs if start == point.start_ns), default=point.start_ns)


def _latest_start(count: SeriesCount) -> int:
    return max((start for start, _, _ in count.runs), default=0)


def _risen(runs: _Runs, point: Point, forgotten: bool) -> tuple[float | None, _Runs]:
    """What a cumulative point adds (None: it is counted already), and the runs, the last touched at the end.

    A run is one start time, and so one process. Within it a larger value counts whatever its time: clocks are set back.
    """
    own = [run for run in runs if run[0] == point.start_ns]
    if not own:
        # Of more processes than are remembered, one comes back: its next point can tell what it adds.
        lost = len(runs) >= _RUNS and point.start_ns < max(start for start, _, _ in runs)
        return (0.0 if forgotten or lost else point.value), (*runs, _run(point))[-_RUNS:]
    if any(point.time_ns <= time and point.value <= value for _, time, value in own):
        return None, runs
    last = own[-1]
    others = tuple(run for run in runs if run is not last)
    if point.value >= last[2]:
        return point.value - last[2], (*others, (last[0], max(last[1], point.time_ns), point.value))
    # One that fell began again without saying so; the points of before may still be sent again.
    return point.value, (*runs, _run(point))[-_RUNS:]


def _run(point: Point) -> tuple[int, int, float]:
    return point.start_ns, point.time_ns, point.value


def _window_key(series: bytes, start_ns: int, time_ns: int) -> bytes:
    return blake2b(series + start_ns.to_bytes(8, "big") + time_ns.to_bytes(8, "big"), digest_size=12).digest()
