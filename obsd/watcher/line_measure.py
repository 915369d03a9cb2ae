"""The lines that a change added and removed, and where: against what the file was at the last scan."""

from __future__ import annotations

from typing import NamedTuple

from obsd.facts import LineEdit, Unmeasured
from obsd.git import line_diff
from obsd.watcher.file_state import Seen
from obsd.watcher.snapshot import State
from obsd.watcher.workspace_state import WorkspaceState


class Measured(NamedTuple):
    """Lines; None where they could not be measured, and `unmeasured` says why."""

    added: int | None = None
    removed: int | None = None
    unmeasured: Unmeasured = ""
    edit: LineEdit | None = None


def measure(state: WorkspaceState, path: str, prior: State | None, seen: Seen | None) -> Measured:
    """The lines between what stood at `path` at the last scan and what is there now."""
    if seen is not None and seen.data is None and seen.state is not prior:
        return Measured(unmeasured="too_large" if seen.too_large else "unreadable")
    if prior is not None and prior.size_bytes > state.max_bytes:
        return Measured(unmeasured="too_large")
    new = b"" if seen is None or seen.data is None else seen.data
    old = b"" if prior is None else baseline(state, path, prior)
    if old is None and prior is not None and seen is not None and prior.content_id == seen.state.content_id:
        old = new
    if old is None:
        return Measured(unmeasured="no_baseline")
    found = line_diff.compare(old, new)
    if found is None:
        return Measured(unmeasured="binary")
    base_id = "" if prior is None else prior.content_id.hex()
    edit = None if found.hunks is None else LineEdit(base_id, found.lines, found.hunks)
    return Measured(found.added, found.removed, edit=edit)


def baseline(state: WorkspaceState, path: str, prior: State) -> bytes | None:
    """What the file at `path` had at the last scan; None where nobody has it any more."""
    held = state.baselines.get(path)
    if held is None and state.git is not None:
        held = state.git.blob(prior.content_id)
    return held if held is not None and len(held) == prior.size_bytes else None
