"""Whether HEAD was at a commit lately, by the end of its log. Owns no more than that question. Blocking; readers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from obsd.git import layout
from obsd.small_files import open_regular, read_at

_MAX_BYTES: Final = 1 << 20
"""So much of the end of the log is looked at: some thousand moves."""


def logged(worktree: str, ids: Sequence[str]) -> list[str]:
    """Those of the commits that the log of the working tree has as the end of a move; none without a log."""
    where = layout.find(worktree)
    if where is None:
        return []
    try:
        with open_regular(where.head_log) as descriptor:
            size = os.fstat(descriptor).st_size
            data = read_at(descriptor, max(0, size - _MAX_BYTES), _MAX_BYTES)
    except OSError:
        return []
    moved_to = {line.split(b" ", 2)[1] for line in data.splitlines() if line.count(b" ") > 1}
    return [commit_id for commit_id in ids if commit_id.encode("ascii", "replace") in moved_to]
