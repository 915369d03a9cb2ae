"""The evidence of the last minutes, by file: what speaks for a change may come before it or after.

Owns the bounds of that memory, and which evidence a change uses up. Volatile: evidence that a restart takes leaves a
change unknown, never wrong. Pure; event loop only.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from obsd.authorship.attribution import SAVE_TAIL_SECONDS, covers
from obsd.authorship.evidence import TOOL_TAIL_SECONDS, Change, ToolRun, Write
from obsd.authorship.facts import WriteRecorded
from obsd.authorship.open_changes import Place
from obsd.facts import UNKNOWN_AGENT
from obsd.facts.editors import EditorSaved

T = TypeVar("T")
MEMORY_SECONDS: Final = 120.0
MAX_PLACES: Final = 20_000
_GIT_SECONDS: Final = 5.0
_BEHIND_SECONDS: Final = 30.0
"""A watcher that is so far behind is out of order: what was written before is compared by then."""

_MAX_A_PLACE: Final = 64
_MAX_LOST: Final = 500
_MAX_RUNS: Final = 500
_MAX_SENDERS: Final = 500


@dataclass(frozen=True, slots=True)
class LastReport:
    """When telemetry of a session came, when the session was at work last, and where (empty: not known)."""

    at: float
    worked_at: float
    workspace: str


class EvidenceMemory:
    """Writes and claims by place, and the tools that ran."""

    def __init__(self) -> None:
        self._writes: OrderedDict[Place, list[Write]] = OrderedDict()
        self._claims: OrderedDict[Place, list[WriteRecorded]] = OrderedDict()
        self._saves: OrderedDict[Place, list[EditorSaved]] = OrderedDict()
        self._runs: list[ToolRun] = []
        self._fresh_runs: list[ToolRun] = []
        self._last_reports: OrderedDict[tuple[str, str], LastReport] = OrderedDict()
        self._lost: list[tuple[float, float]] = []

    def add_write(self, workspace: str, path: str, write: Write) -> None:
        """The kernel named a writer."""
        _add(self._writes, (workspace, path), write)

    def add_claim(self, claim: WriteRecorded) -> None:
        """An agent's record claims a write; one that is read again, with the same tool, replaces the first."""
        known = self._claims.get((claim.workspace, claim.path), [])
        key = claim.agent, claim.session, claim.tool_id
        known[:] = [other for other in known if (other.agent, other.session, other.tool_id) != key]
        _add(self._claims, (claim.workspace, claim.path), claim)

    def add_save(self, save: EditorSaved) -> None:
        """An editor saved a file."""
        _add(self._saves, (save.workspace, save.path), save)
        self._saves[save.workspace, save.path].sort(key=lambda each: each.at)

    def add_lost(self, since: float, until: float) -> None:
        """Writers between two times may have gone unseen."""
        self._lost.append((since, until))
        del self._lost[:-_MAX_LOST]

    def add_run(self, run: ToolRun) -> None:
        """A tool ran that may have written."""
        for runs in (self._runs, self._fresh_runs):
            runs.append(run)
            del runs[:-_MAX_RUNS]

    def add_last_report(self, session: tuple[str, str], report: LastReport) -> None:
        """Telemetry of a session came."""
        self._last_reports[session] = report
        self._last_reports.move_to_end(session)
        while len(self._last_reports) > _MAX_SENDERS:
            self._last_reports.popitem(last=False)

    def writes(self, change: Change) -> list[Write]:
        """Who wrote the file between the change before and the one that was found; an unknown writer among them where
        the kernel dropped some.

        What git wrote itself is compared as well, and makes no change: after some seconds it is no part of a later one.
        """
        if not self._lost and not change.previous_path and (change.workspace, change.path) not in self._writes:
            return []
        paths = (change.path, change.previous_path) if change.previous_path else (change.path,)
        lost = any(change.since < until and since < change.at < until + _BEHIND_SECONDS for since, until in self._lost)
        compared_before = change.at - _GIT_SECONDS
        return [Write(change.at, UNKNOWN_AGENT, unseen=True)] * lost + [
            write
            for path in paths
            for write in self._writes.get((change.workspace, path), ())
            if change.since < write.at <= change.at and not (write.by_git and write.at < compared_before)
        ]

    def claims(self, change: Change) -> list[WriteRecorded]:
        """What records say of the file; the times are not looked at."""
        return self._claims.get((change.workspace, change.path), [])

    def saves(self, change: Change) -> list[EditorSaved]:
        """The saves of the file by editors; the times are not looked at."""
        return self._saves.get((change.workspace, change.path), [])

    @property
    def runs(self) -> Sequence[ToolRun]:
        """Tools that ran lately and may have written."""
        return self._runs

    def next_run_over(self) -> float | None:
        """When the next tool will have had the time to be seen in all that it wrote; None: there is none."""
        return min((run.over_at for run in self._fresh_runs), default=None)

    def take_over(self, now: float) -> list[ToolRun]:
        """The tools that came to be over, each once."""
        over = [run for run in self._fresh_runs if run.over_at <= now]
        self._fresh_runs = [run for run in self._fresh_runs if run.over_at > now]
        return over

    def silent(self, change: Change) -> set[tuple[str, str]]:
        """The sessions whose telemetry may still say that a tool of theirs ran when a change settled: they were at work
        a while ago, and nothing came from them since."""
        until, lately = change.at + TOOL_TAIL_SECONDS, change.at - MEMORY_SECONDS
        return {
            session
            for session, report in self._last_reports.items()
            if report.at < until and report.worked_at > lately and report.workspace in ("", change.workspace)
        }

    def use_up(self, change: Change) -> None:
        """Forget what a change was attributed by: it speaks for no other."""
        for path in (change.path, change.previous_path):
            _keep(self._writes, (change.workspace, path), lambda write: write.at > change.at)
        _keep(self._claims, (change.workspace, change.path), lambda claim: not covers(change, claim))
        used = [save.at for save in self.saves(change) if save.content_id == change.content_id]
        until = max([change.at, *(at for at in used if at <= change.at + SAVE_TAIL_SECONDS)])
        _keep(self._saves, (change.workspace, change.path), lambda save: save.at > until)

    def forget(self, workspace: str) -> None:
        """Forget all evidence of a workspace."""
        for places in (self._writes, self._claims, self._saves):
            for place in [place for place in places if place[0] == workspace]:
                del places[place]

    def forget_old(self, now: float) -> None:
        """Forget what is too old to speak for anything."""
        horizon = now - MEMORY_SECONDS
        _trim(self._writes, lambda writes: writes[-1].at < horizon)
        _trim(self._saves, lambda saves: saves[-1].at < horizon)
        _trim(self._claims, lambda claims: claims[-1].at < horizon)
        self._lost = [(since, until) for since, until in self._lost if until >= horizon]
        # Twice as long: what stayed unknown is looked at once more when it is as old as the rest.
        while self._runs and self._runs[0].ended_at < horizon - MEMORY_SECONDS:
            del self._runs[0]


def _add(places: OrderedDict[Place, list[T]], place: Place, one: T) -> None:
    known = places.setdefault(place, [])
    known.append(one)
    del known[:-_MAX_A_PLACE]
    places.move_to_end(place)


def _keep(places: OrderedDict[Place, list[T]], place: Place, wanted: Callable[[T], bool]) -> None:
    known = places.get(place)
    if known is None:
        return
    known[:] = [one for one in known if wanted(one)]
    if not known:
        del places[place]


def _trim(places: OrderedDict[Place, list[T]], old: Callable[[list[T]], bool]) -> None:
    while places and (len(places) > MAX_PLACES or old(next(iter(places.values())))):
        places.popitem(last=False)
