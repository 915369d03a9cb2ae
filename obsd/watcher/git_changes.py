"""Records what git wrote or removed, and the work that it threw away with it; `git_writes.py` says whether it did."""

from __future__ import annotations

import time
from typing import Literal

from obsd.watcher.batch import Discard
from obsd.watcher.debounce import PendingPath
from obsd.watcher.discards import Work
from obsd.watcher.file_state import Seen
from obsd.watcher.git_index import GitIndex
from obsd.watcher.git_writes import GitWrites, is_older
from obsd.watcher.line_measure import baseline, measure
from obsd.watcher.snapshot import State
from obsd.watcher.workspace_state import WorkspaceState


class GitChanges:
    """Puts git's changes of one workspace into its batch, and moves the baselines."""

    def __init__(self, state: WorkspaceState, writes: GitWrites) -> None:
        self._state = state
        self._writes = writes

    def count(
        self,
        path: str,
        prior: State | None,
        seen: Seen | None,
        operation: Literal["", "clean"] = "",
        lines_back: int = 0,
    ) -> None:
        """A file that git wrote or removed, and the work that went with it, but for lines that came back."""
        state = self._state
        state.batch.git_files[operation] += 1
        if prior is None or (operation != "clean" and self._writes.was_committed(path, prior)):
            return
        measured = measure(state, path, prior, seen)
        lines = max(0, (measured.added or 0) + (measured.removed or 0) - lines_back)
        discard = Discard(operation, 1, lines)
        if operation == "clean" or not self._held(path, prior, seen, discard):
            state.batch.discards.append(discard)

    def keep(self, path: str, prior: State | None, seen: Seen) -> None:
        """A file that is as git wrote it."""
        git, content_id = self._state.git, seen.state.content_id
        before = self._before(path, prior)
        back = self._state.discards.returned(path, content_id, before, seen.data)
        if back is None:
            self.count(path, prior, seen)
        elif back.content_id != content_id or back.base == before:
            self._state.batch.git_files[""] += 1  # nothing is lost for it
        else:
            self.count(path, prior, seen, lines_back=back.lines)
        self._writes.note_conflict(path, content_id)
        in_repository = git is not None and git.has_blob(content_id)
        self._state.keep(path, seen.state, None if in_repository else seen.data)

    def before_edit(self, path: str, prior: State | None, seen: Seen, pending: PendingPath) -> State | None:
        """What git wrote, where somebody wrote the file again before it was compared; None where the edit is one of
        what was compared last."""
        git = self._state.git
        if git is None or seen.data is None or pending.deed or pending.rescan:
            return None
        if (held := self._state.discards.contained(path, seen.data)) is not None and held.data is not None:
            self._state.batch.git_files[""] += 1
            return self._put(path, held.data, held.content_id)
        if not pending.git_began or git.may_filter() or self._is_back(git, path, prior, seen.data):
            return None
        return self._index_before(git, path, prior, seen)

    def _index_before(self, git: GitIndex, path: str, prior: State | None, seen: Seen) -> State | None:
        entry = git.entry(path)
        if entry is None or (prior is not None and prior.content_id == entry.blob_id):
            return None
        data = git.blob(entry.blob_id) if is_older(git, entry.blob_id, seen) else None
        if data is None:
            return None
        self.count(path, prior, Seen(State(len(data), 0, 0, entry.blob_id), data, seen.found))
        return self._put(path, data, entry.blob_id)

    def _is_back(self, git: GitIndex, path: str, prior: State | None, now: bytes) -> bool:
        """Whether git only put work aside: what the file had over the index, now or before, it has again."""
        work = self._before(path, prior)
        if prior is None or work is None:
            return False
        bases = {entry.blob_id for entry in git.entries(path) if entry.blob_id != prior.content_id}
        return any(Work(prior.content_id, work, git.blob(base)).is_within(now) for base in bases)

    def _put(self, path: str, data: bytes, content_id: bytes) -> State:
        self._state.baselines.put(path, data)
        return State(len(data), 0, 0, content_id)

    def _before(self, path: str, prior: State | None) -> bytes | None:
        return None if prior is None else baseline(self._state, path, prior)

    def _held(self, path: str, prior: State, seen: Seen | None, discard: Discard) -> bool:
        state = self._state
        if state.git is None or state.git_watch is None or state.git_watch.operation() not in ("other", "stash"):
            return False
        work = Work(prior.content_id, self._before(path, prior), None if seen is None else seen.data)
        return state.discards.hold(path, work, discard, str(state.git.folders.top), time.monotonic())
