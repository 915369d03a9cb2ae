"""Suggestions in editors on the measures view, and what became of lines whose author an editor reported.

On the event loop; read on the ledger's thread.
"""

from __future__ import annotations

from dataclasses import dataclass

from obsd.agents.table import extensions
from obsd.analysis.report import Report, ReportedSums, Scope, SuggestionSums
from obsd.api.daemon_protocol import DaemonPort
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


async def sums(daemon: DaemonPort, chosen: Choice) -> tuple[tuple[SuggestionRow, ...], tuple[ReportedSums, ...]]:
    """Returns the rows of the chosen time. Errors: StoreError."""

    def read(ledger: Ledger) -> Report:
        report = Report(Scope(chosen.since, chosen.until, chosen.workspace, chosen.agent))
        ledger.reporting.committed(report)
        ledger.reporting.editors(report)
        return report

    report = await daemon.recorder.query(read)
    rows = map(_row, report.suggestions)
    return (
        tuple(one for one in rows if chosen.agent in ("", one.agent)),
        tuple(one for one in report.reported if chosen.agent in ("", one.author)),
    )


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
