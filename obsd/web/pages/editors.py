"""Sums of a report on the measures view: suggestions in editors, what became of lines whose author an editor reported,
and the funnel of lines from written over committed to kept.

On the event loop; read on the ledger's thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from obsd.agents.table import extensions
from obsd.analysis.report import Report, ReportedSums, Scope, SuggestionSums
from obsd.api.daemon_protocol import DaemonPort
from obsd.facts import BEFORE, IMPORTED, KEPT_DAYS
from obsd.ledger import Ledger
from obsd.text import printable
from obsd.web.choice import Choice


@dataclass(frozen=True, slots=True)
class SuggestionRow:
    """What became of suggestions of a provider; `shown` and `rejected` are None where it says nothing of them."""

    provider: str
    agent: str
    accepted: int
    lines: int
    undone: int
    shown: int | None
    rejected: int | None


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """Lines of an author. `written` and `committed` are of the time (written None: of lines that nobody wrote then);
    `kept` has (kept, committed) of what was committed 1, 7, 30 and 90 days before the last measurement, or None."""

    author: str
    written: int | None
    committed: int
    kept: tuple[tuple[int, int] | None, ...]


@dataclass(frozen=True, slots=True)
class Sums:
    """What the measures view has of a report."""

    suggestions: tuple[SuggestionRow, ...]
    reported: tuple[ReportedSums, ...]
    funnel: tuple[FunnelRow, ...]


async def sums(daemon: DaemonPort, chosen: Choice, written: Mapping[str, int]) -> Sums:
    """Returns the rows of the chosen time. Errors: StoreError."""

    def read(ledger: Ledger) -> Report:
        report = Report(Scope(chosen.since, chosen.until, chosen.workspace, chosen.agent))
        ledger.reporting.committed(report)
        ledger.reporting.editors(report)
        return report

    report = await daemon.recorder.query(read)
    rows = map(_row, report.suggestions)
    return Sums(
        tuple(one for one in rows if chosen.agent in ("", one.agent)),
        tuple(one for one in report.reported if chosen.agent in ("", one.author)),
        tuple(one for one in _funnel(report, written) if chosen.agent in ("", one.author)),
    )


def _funnel(report: Report, written: Mapping[str, int]) -> Iterator[FunnelRow]:
    """Authors by their written lines, then the classes of lines that nobody wrote."""
    committed = Counter({one.author: one.lines for one in report.committed})
    kept = {(one.author, one.days): (one.kept, one.committed) for one in report.kept}
    authors = {*(name for name, lines in written.items() if lines), *committed, *(name for name, _ in kept)}
    for author in sorted(authors, key=lambda name: (name in (BEFORE, IMPORTED), -written.get(name, 0), name)):
        own = None if author in (BEFORE, IMPORTED) else written.get(author, 0)
        yield FunnelRow(author, own, committed[author], tuple(kept.get((author, days)) for days in KEPT_DAYS))


def _row(one: SuggestionSums) -> SuggestionRow:
    counts = one.suggestions
    return SuggestionRow(
        printable(one.provider),
        extensions().get(one.provider, ""),
        counts.get("accepted", 0),
        one.lines.get("accepted", 0),
        counts.get("undone", 0),
        counts.get("shown"),
        counts.get("rejected"),
    )
