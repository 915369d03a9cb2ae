"""Sessions, and one session: its files, its commits, and what agents declared beside what was observed.

On the event loop; everything is read on the ledger's thread, in steps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from obsd.api.agents import session_of
from obsd.api.daemon_protocol import DaemonPort
from obsd.errors import NotFound
from obsd.ledger import CommitRow, SessionRow, ViolationRow
from obsd.ledger.activity_queries import FileRow
from obsd.telemetry.comparison import Comparison, compare_between
from obsd.web import words
from obsd.web.frame import Frame

MOST_DIGITS = 12


@dataclass(frozen=True, slots=True)
class SessionsPage:
    """The list; `more` is the address of a longer one, "" where there are no more."""

    frame: Frame
    rows: tuple[SessionRow, ...]
    more: str


@dataclass(frozen=True, slots=True)
class FileSum:
    """A file, and who wrote it: name, class of colour and lines of each author, the most first."""

    workspace: str
    path: str
    changes: int
    lines_added: int
    lines_removed: int
    last_at: float
    authors: tuple[str, ...]
    parts: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class SessionPage:
    """One session; `path` is the folder of its workspace, "" where it is no longer registered."""

    frame: Frame
    row: SessionRow
    path: str
    files: tuple[FileSum, ...]
    commits: tuple[CommitRow, ...]
    violations: tuple[ViolationRow, ...]
    comparisons: tuple[Comparison, ...]


async def page(daemon: DaemonPort, frame: Frame, rest: str) -> SessionsPage:
    """Returns the list of sessions."""
    chosen = frame.choice
    rows = await daemon.recorder.query(
        lambda ledger: ledger.sessions(
            chosen.workspace, chosen.rows + 1, chosen.since, until=chosen.until, author=chosen.agent
        )
    )
    return SessionsPage(frame, tuple(rows[: chosen.rows]), frame.more(len(rows)))


async def one_page(daemon: DaemonPort, frame: Frame, rest: str) -> SessionPage:
    """Returns one session, `rest` being its number. Errors: NotFound."""
    query = daemon.recorder.query
    number = int(rest) if rest.isascii() and rest.isdigit() and len(rest) <= MOST_DIGITS else 0
    row = await query(lambda ledger: session_of(ledger, number))
    if row is None:
        raise NotFound("no_such_session", "There is no such session, or it is older than what is kept.")
    name, begin, end = row.workspace, row.started_at, row.last_at + 0.001
    files, _ = await query(lambda ledger: ledger.activity.files(begin, end, name))
    commits = await query(lambda ledger: ledger.commits(name, frame.choice.rows, since=begin - 1, until=end + 1))
    violations = await query(lambda ledger: ledger.violations(name, since=begin))
    found = await query(compare_between(name, begin, end))
    path = next((one.path for one in daemon.registry.list() if one.name == name), "")
    return SessionPage(
        frame,
        row,
        path,
        tuple(file_sums(files)),
        tuple(commits),
        tuple(one for one in violations if one.at <= end + 1),
        tuple(found),
    )


def file_sums(rows: Iterable[FileRow]) -> list[FileSum]:
    """Returns the files of some rows, those with most lines first."""
    files: dict[tuple[str, str], list[FileRow]] = {}
    for row in rows:
        files.setdefault((row.workspace, row.path), []).append(row)
    found = [_file_sum(name, path, own) for (name, path), own in files.items()]
    return sorted(found, key=lambda one: (-one.lines_added - one.lines_removed, -one.changes, one.workspace, one.path))


def _file_sum(workspace: str, path: str, rows: list[FileRow]) -> FileSum:
    lines: Counter[str] = Counter()
    for row in rows:
        # A change without measured lines is still somebody's.
        lines[row.author] += row.lines_added + row.lines_removed
    return FileSum(
        workspace=workspace,
        path=path,
        changes=sum(row.changes for row in rows),
        lines_added=sum(row.lines_added for row in rows),
        lines_removed=sum(row.lines_removed for row in rows),
        last_at=max(row.last_at for row in rows),
        authors=tuple(author for author, _ in lines.most_common()),
        parts=tuple((words.name(author), words.colour(author), own) for author, own in lines.most_common()),
    )
