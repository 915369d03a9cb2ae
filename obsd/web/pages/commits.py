"""Commits with who wrote their lines. On the event loop."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from obsd.api.daemon_protocol import DaemonPort
from obsd.authorship.shares import agents_share
from obsd.ledger import CommitRow
from obsd.web import words
from obsd.web.frame import Frame

Parts = tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit; `parts` are its added lines by who wrote them (name, class, lines), `share` is that of agents."""

    row: CommitRow
    parts: Parts
    share: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class CommitsPage:
    """The view; `folders` are those of registered workspaces, by name."""

    frame: Frame
    rows: tuple[Commit, ...]
    folders: dict[str, str]
    more: str


async def page(daemon: DaemonPort, frame: Frame, rest: str) -> CommitsPage:
    """Returns the view."""
    chosen = frame.choice
    rows = await daemon.recorder.query(
        lambda ledger: ledger.commits(chosen.workspace, chosen.rows + 1, chosen.agent, chosen.since, chosen.until)
    )
    folders = {one.name: one.path for one in daemon.registry.list()}
    return CommitsPage(frame, tuple(map(described, rows[: chosen.rows])), folders, frame.more(len(rows)))


def described(row: CommitRow) -> Commit:
    """Returns a commit with its parts."""
    lines: Counter[str] = Counter()
    for origin in row.origins or ():
        lines[origin.agent] += origin.lines
    return Commit(row, parts_of(lines), agents_share(lines))


def parts_of(lines: Counter[str]) -> Parts:
    """Returns lines by author as parts of a bar, the most first."""
    return tuple((words.name(author), words.colour(author), own) for author, own in lines.most_common() if own)
