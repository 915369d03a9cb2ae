"""The parts of one session's screen: its time line, files with their authors, commits, what needs a look.

Owns the wording. Cells are plain text, which is escaped where it is printed; the time line alone needs rich.
"""

from __future__ import annotations

import math
import shlex
from typing import TYPE_CHECKING, Final

from obsctl import author_words, listing, render
from obsctl.columns import Column
from obsd import amounts

if TYPE_CHECKING:
    from rich.text import Text

    from obsd.v1.agents_pb2 import GetSessionResponse

FILES: Final = (
    Column("FILE", least=20, from_left=True),
    Column("CHANGES", rank=2, right=True),
    Column("LINES", rank=1, right=True),
    Column("AUTHORS", least=16),
)
COMMITTED: Final = (
    *(Column("AUTHOR"), Column("SHARE", right=True), Column("COMMITTED", right=True)),
    Column("KNOWN BY", rank=1, least=16),
)
COMMITS: Final = (
    *(Column("COMMIT"), Column("WHEN", rank=3), Column("AGENT", rank=1, least=10), Column("LINES", rank=2, right=True)),
    *(Column("WRITTEN BY", rank=4, least=12), Column("SUBJECT", least=20)),
)
MOST_FILES: Final = 30
_ID_CHARACTERS: Final = 10


def files(found: GetSessionResponse) -> list[tuple[object, ...]]:
    """Returns the cells of the files that changed most."""
    return [
        (
            one.path,
            one.changes,
            f"+{one.lines_added} -{one.lines_removed}",
            ", ".join(author_words.parts(one.authors)),
        )
        for one in found.files[:MOST_FILES]
    ]


def commits(found: GetSessionResponse) -> list[tuple[object, ...]]:
    """Returns the cells of the commits, oldest first."""
    from obsd import rpc_encoding

    return [
        (
            one.id[:_ID_CHARACTERS],
            listing.when(rpc_encoding.unix_seconds(one.committed_at)),
            one.agent,
            f"+{one.lines_added} -{one.lines_removed}" if one.HasField("lines_added") else "unknown",
            author_words.lines((origin.agent, origin.lines) for origin in one.origins),
            one.subject,
        )
        for one in found.commits
    ]


def committed(found: GetSessionResponse) -> str:
    """Returns the agents' part of the lines that the session's commits added; empty where there are none."""
    if not found.committed:
        return ""
    return f"commits: agents wrote {author_words.part(found.agents_committed)} of their lines"


def show_command(found: GetSessionResponse) -> str:
    """Returns the command that shows the last commit; empty where there is none, or its folder has no plain name."""
    if not found.commits or not found.folder or "\\" in found.folder:
        return ""
    return f"git -C {shlex.quote(found.folder)} show {found.commits[-1].id[:_ID_CHARACTERS]}"


def attention(found: GetSessionResponse) -> list[str]:
    """Returns a line for each thing that needs a look, or needed one."""
    return [
        f"{render.clock(one.at.seconds)}  {one.kind} {one.name}{_times(one.count)}: {one.text}{_subject(one.subject)}"
        + (", satisfied again" if one.resolved and one.kind == "rule" else "")
        for one in reversed(found.attention)
    ]


def time_line(found: GetSessionResponse, width: int) -> list[Text]:
    """Returns the time line and the times of its ends; nothing where there is nothing to draw."""
    from rich.text import Text

    from obsctl.author_styles import AuthorStyles
    from obsctl.today_lanes import bars

    if not found.lane.slots:
        return []
    styles = AuthorStyles(one.author for one in found.session.authors)
    begin = found.lane.slots[0].at.seconds
    cell = found.slot_seconds
    end = found.lane.slots[-1].at.seconds + cell
    while (end - begin) / cell > max(20, width - 2):
        cell *= 2
    cells = max(1, math.ceil((end - begin) / cell))
    first, last = render.clock(begin), render.clock(end)
    ends = f"{first}{last:>{max(len(last) + 1, cells - len(first))}}"
    legend = Text("  ")
    for author in (one.author for one in found.session.authors):
        legend.append(f"{author_words.title(author)}  ", style=styles.of(author))
    row = Text("  ").append_text(bars(found.lane, styles, begin, cell, cells, end))
    return [row, Text(f"  {ends}", style="dim"), legend]


def more_files(found: GetSessionResponse, of: int) -> str:
    """Returns how many files are not shown; empty for none."""
    more = of - min(MOST_FILES, len(found.files))
    return f"{amounts.count(more, 'file')} more: `obsctl session ID --json`" if more > 0 else ""


def _times(count: int) -> str:
    return f" {count} times" if count > 1 else ""


def _subject(subject: str) -> str:
    return f" ({render.subject(subject)})" if subject else ""
