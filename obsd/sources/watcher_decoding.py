"""Turns a watcher's frames into facts: the daemon's side of `obsd.watcher.protocol`."""

from __future__ import annotations

import time
from typing import Any

from obsd.facts import (
    Fact,
    FileChanged,
    GitChangedFiles,
    KnownFile,
    LineEdit,
    Rescanned,
    TreeUpdated,
    WatcherReported,
    WorkDiscarded,
)
from obsd.file_types import file_type
from obsd.watcher.protocol import Frame

_FORGOTTEN = -1


def facts_of(workspace: str, frame: Frame) -> list[Fact]:
    """The facts in a frame, to be recorded together; none for a frame that only concerns the supervisor."""
    kind = frame[0]
    if kind == "batch":
        return _batch(workspace, frame[1])
    if kind == "state":
        return [WatcherReported(time.time(), workspace, **frame[1])]
    if kind == "rescanned":
        return [Rescanned(time.time(), workspace, *frame[1:])]
    return []


def _batch(workspace: str, batch: dict[str, Any]) -> list[Fact]:
    at = batch["at"]
    facts: list[Fact] = [_changed(workspace, *change) for change in batch["changes"]]
    facts += [GitChangedFiles(at, workspace, *written) for written in batch["git"]]
    facts += [WorkDiscarded(at, workspace, *discarded) for discarded in batch["discards"]]
    states = batch["states"]
    if states or batch["begins"] or batch["complete"]:
        facts.append(
            TreeUpdated(
                at,
                workspace,
                known=tuple([KnownFile._make(row) for row in states if row[1] != _FORGOTTEN]),
                forgotten=tuple([row[0] for row in states if row[1] == _FORGOTTEN]),
                begins=batch["begins"],
                complete=batch["complete"],
            )
        )
    return facts


def _changed(
    workspace: str,
    operation: Any,
    path: str,
    added: int | None,
    removed: int | None,
    unmeasured: Any,
    previous: str,
    content_id: str,
    edit: list[Any] | None,
    at: float,
) -> FileChanged:
    return FileChanged(
        at,
        workspace,
        path,
        operation,
        file_type(path),
        added,
        removed,
        unmeasured,
        previous,
        content_id,
        edit=None if edit is None else LineEdit(edit[0], edit[1], tuple(edit[2])),
    )
