"""Measures: everybody's share of the lines, floor and ceiling, over time and in commits; evidence; cost; vendors' days.

On the event loop; read in steps on the ledger's thread.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import Final

from obsd.analysis.day import AuthorDay, DayScope, Figures, Period
from obsd.analysis.report import HOUR_SECONDS, AuthorSums, ReportedSums
from obsd.api.daemon_protocol import DaemonPort
from obsd.authorship.shares import agents_share
from obsd.ledger import Ledger, day_queries
from obsd.web import words
from obsd.web.choice import Choice
from obsd.web.frame import Frame
from obsd.web.pages import editors, vendors
from obsd.web.pages.commits import Parts, parts_of
from obsd.web.pages.editors import FunnelRow, SuggestionRow
from obsd.web.pages.vendors import VendorRow

MOST_COMMITS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Bar:
    """A day: its date, the address of its view, lines added by author, and the share of agents."""

    date: str
    address: str
    parts: Parts
    lines: int
    share: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class MeasuresPage:
    """The view. `committed` are the added lines of `commits` commits by who wrote them, as far as it is known yet."""

    frame: Frame
    title: str
    authors: tuple[AuthorDay, ...]
    total: Figures
    evidence: tuple[AuthorSums, ...]
    bars: tuple[Bar, ...]
    committed: Parts
    committed_share: tuple[float, float] | None
    commits: int
    open_commits: int
    suggestions: tuple[SuggestionRow, ...]
    reported: tuple[ReportedSums, ...]
    funnel: tuple[FunnelRow, ...]
    vendors: tuple[VendorRow, ...]


async def page(daemon: DaemonPort, frame: Frame, rest: str) -> MeasuresPage:
    """Returns the view."""
    chosen, query = frame.choice, daemon.recorder.query
    period = Period(chosen.since, chosen.until)
    day, sums = await day_queries.figures(query, DayScope(period, period, chosen.now, chosen.workspace))
    written = await query(lambda ledger: _lines_by_day(ledger, chosen))
    commits = await query(
        lambda ledger: ledger.commits(chosen.workspace, MOST_COMMITS, chosen.agent, chosen.since, chosen.until)
    )
    found = await editors.sums(daemon, chosen, {one.author: one.figures.lines_added for one in day.authors.values()})
    lines: Counter[str] = Counter()
    for commit in commits:
        for origin in commit.origins or ():
            lines[origin.agent] += origin.lines
    return MeasuresPage(
        frame=frame,
        title=f"{_date(chosen.since)} to {_date(chosen.until - 1)}",
        authors=tuple(one for one in day.authors.values() if chosen.agent in ("", one.author)),
        total=day.total,
        evidence=tuple(one for one in sums if chosen.agent in ("", one.author)),
        bars=tuple(_bar(chosen, date, own) for date, own in written.items()),
        committed=parts_of(lines),
        committed_share=agents_share(lines),
        commits=len(commits),
        open_commits=sum(1 for commit in commits if commit.origins is None),
        suggestions=found.suggestions,
        reported=found.reported,
        funnel=found.funnel,
        vendors=await vendors.rows(daemon, chosen),
    )


def _lines_by_day(ledger: Ledger, chosen: Choice) -> dict[str, Counter[str]]:
    """Lines added by author, of each day with any."""
    found: dict[str, Counter[str]] = {}
    for row in ledger.activity.hours(chosen.since, chosen.until, chosen.workspace):
        date = _date(row.hour * HOUR_SECONDS)
        found.setdefault(date, Counter())[row.author] += row.lines_added
    return found


def _bar(chosen: Choice, date: str, lines: Counter[str]) -> Bar:
    parts = tuple(
        (words.name(author), words.colour(author), own)
        for author, own in sorted(lines.items())
        if own and chosen.agent in ("", author)
    )
    return Bar(date, chosen.address("/day", time=date), parts, sum(own for _, _, own in parts), agents_share(lines))


def _date(at: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(at))
