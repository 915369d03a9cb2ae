"""Files: who wrote what in a time. On the event loop."""

from __future__ import annotations

from dataclasses import dataclass

from obsd.api.daemon_protocol import DaemonPort
from obsd.ledger.activity_queries import MAX_CHANGES
from obsd.web.frame import Frame
from obsd.web.pages.sessions import FileSum, file_sums


@dataclass(frozen=True, slots=True)
class FilesPage:
    """The view; `newest` is the number of changes that were read where that is not all of the time, else 0."""

    frame: Frame
    rows: tuple[FileSum, ...]
    files: int
    newest: int
    more: str


async def page(daemon: DaemonPort, frame: Frame, rest: str) -> FilesPage:
    """Returns the view; of one agent the files that it wrote, with all their authors."""
    chosen = frame.choice
    rows, cut = await daemon.recorder.query(
        lambda ledger: ledger.activity.files(chosen.since, chosen.until, chosen.workspace)
    )
    sums = [one for one in file_sums(rows) if chosen.agent in ("", *one.authors)]
    return FilesPage(frame, tuple(sums[: chosen.rows]), len(sums), MAX_CHANGES if cut else 0, frame.more(len(sums)))
