"""One workspace's watching, as a machine that is stepped: events in, batches out. It never waits.

The order of work in a step: flags of events, crawls in slices, comparisons of quiet files, and
then what was found goes to the daemon. Each part is bounded in time, so that the queue is read in between.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from obsd.facts import RescanReason
from obsd.watcher.baselines import Baselines
from obsd.watcher.comparison import Comparison
from obsd.watcher.cookies import Probes
from obsd.watcher.crawl import CrawlOptions
from obsd.watcher.debounce import DebounceQueue
from obsd.watcher.events import Arrived, EventReader
from obsd.watcher.git_dir import Lock
from obsd.watcher.git_link import GitLink
from obsd.watcher.inotify import Inotify
from obsd.watcher.mounts import Mounts
from obsd.watcher.open_files import open_among
from obsd.watcher.outbox import Outbox
from obsd.watcher.protocol import Channel, Settings
from obsd.watcher.rescans import Crawls, Done, RescanBackoff
from obsd.watcher.root import Root
from obsd.watcher.snapshot import Snapshot
from obsd.watcher.status import Status
from obsd.watcher.temporary_names import HOLD_SECONDS
from obsd.watcher.watch_tree import Tree
from obsd.watcher.workspace_state import WorkspaceState

_SLICE_SECONDS = 0.025
_GONE = "the folder is not there: it was moved, removed or unmounted; waiting for it"


class Engine:
    """Everything of one workspace. `now` is always the monotonic clock, in seconds."""

    def __init__(
        self,
        settings: Settings,
        channel: Channel,
        inotify: Inotify | None,
        snapshot: Snapshot,
        pump: Callable[[], None],
        drained: Callable[[], bool],
        mounts: Mounts,
    ) -> None:
        """`pump` is called within long work: it keeps the kernel's queue from running over. `drained` returns whether
        all events have been read: only then what was read from the disk is not ahead of them."""
        self._settings = settings
        self._pump = pump
        self._drained = drained
        self._mounts = mounts
        tree = Tree(settings.root, inotify)
        self.debounce = DebounceQueue(settings.settle_seconds, settings.max_delay_seconds)
        baselines = Baselines(settings.baseline_bytes)
        self._state = WorkspaceState(tree, snapshot, baselines, self.debounce, settings.max_measured_bytes)
        self._comparison = Comparison(self._state)
        self._probes = Probes(settings.probe_dir, inotify)
        self._git = GitLink(settings, channel, self._state, inotify)
        self._reader = EventReader(self._state, self._probes, lambda: self._git.watch, pump)
        self._crawls = Crawls(self._state)
        self._status = Status(self._state, mounts, inotify is None)
        self._outbox = Outbox(channel, self._state, self._reader, self._status, self._crawls, folders=settings.folders)
        self._backoff = RescanBackoff()
        self._root = Root(settings.root)
        self._state.root_is_there = self._root.there
        self._poll_due: float | None = None

    def start(self, now: float) -> None:
        """Starts the first scan: of an unknown folder, or against the snapshot of an earlier watcher."""
        self._root.taken()
        self._git.open()
        self._git.announce()
        if self._settings.known:
            options = CrawlOptions(git=self._git.moved_meanwhile(), warm=True)
            self._crawls.whole("restart" if self._settings.reason == "restart" else "start", options)
        else:
            self._outbox.first_scan()
            self._crawls.whole("start", CrawlOptions(adopt=True))
        self._outbox.report()

    def events(self, buffer: bytes, now: float) -> None:
        """Takes what was read from the queue."""
        self._reader.apply(buffer, now)

    def probe(self, token: str) -> None:
        """Sends a probe on its way; `probed` answers it."""
        self._probes.write(token)

    def rescan(self, reason: RescanReason, now: float) -> None:
        """Rescans for a reason that the daemon has (`suspend`)."""
        self._backoff.arise(reason, now)

    def configure(self, settle_seconds: float, max_delay_seconds: float) -> None:
        self.debounce.settle_seconds = settle_seconds
        self.debounce.max_delay_seconds = max_delay_seconds

    def step(self, now: float) -> None:
        """Does what is due, for some 50 ms at the most."""
        if self._root.returned(now):
            self._take_root_back()
        self._act_on_flags(now)
        if self._root.is_to_lose(now, self._drained()):
            self._lose_root(now)
        if not self._root.lost:
            self._git.step(now, self._follow_rules)
            self._start_rescans(now)
            self._crawl(now)
        self._end_provisions(now)
        self._end_discards(now)
        # Not what the crawl just found: the events of the way that it came are read before.
        self._compare_due(now)
        self._git.check_lock(now)
        if not self._outbox.awaits_name(time.monotonic(), self._operation, self._git.names_itself):
            self._answer_probes()
            self._outbox.flush_if_due(time.monotonic(), self._operation)
        if self._git.watch is not None and self._drained():
            self._git.watch.clean.drained()
        if self._at_rest():
            self._reader.rest()
            self._state.moves.clear()
            self._git.rest()

    def mounts_changed(self) -> None:
        """A file system came or went, perhaps in the workspace: what is there now was there before."""
        flags = self._reader.flags
        flags.root_changed = True
        for path in self._mounts.changed():
            self._state.mounted(path)
            above, _, name = path.rpartition("/")
            parent = self._state.tree.find(above)
            if parent is not None:
                flags.arrived.append(Arrived(parent, name, Lock.NONE, adopt=True))

    def heartbeat(self, now: float) -> None:
        """Checks what no event shows: another file system over the folder. Then sends the status."""
        if not self._root.lost and self._root.moved():
            self._root.doubt(now, _GONE)
        self._outbox.report()

    def deadline(self) -> float | None:
        """When to step again if nothing happens; None: never."""
        if self._crawls:
            return 0.0
        if self._root.lost:
            return self._root.retry_due or 0.0
        dues = (
            self.debounce.deadline() if self._may_compare() else None,
            self._outbox.due,
            self._git.deadline(),
            self._backoff.due,
            self._poll_due,
            self._state.provisional.deadline() if self._may_compare() else None,
            self._state.discards.due,
        )
        return min((due for due in dues if due is not None), default=None)

    # ----- flags

    def _act_on_flags(self, now: float) -> None:
        flags = self._reader.flags
        if flags.released:
            flags.released = False
            self.debounce.release(now)
        if flags.git_changed:
            flags.git_changed = False
            self._git.changed(now)
        if flags.overflowed or flags.unknown_watch:
            self._backoff.arise("overflow" if flags.overflowed else "unknown_watch", now)
            self._state.moves.clear()
            flags.overflowed = flags.unknown_watch = False
        for arrived in flags.arrived:
            self._crawls.folder(arrived)
        flags.arrived.clear()
        if flags.root_changed:
            flags.root_changed = False
            if not self._root.lost and self._root.moved():
                self._root.doubt(now, _GONE)

    def _start_rescans(self, now: float) -> None:
        reason = self._backoff.take(now)
        if reason is not None:
            self._probes.lost()
            self._git.reread_lock(now)
            self._crawls.whole(reason, CrawlOptions(git=self._by_git()))
        if self._poll_due is not None and self._poll_due <= now:
            self._poll_due = None
            self._crawls.whole("polling", CrawlOptions(git=self._git.moved_meanwhile()))

    def _crawl(self, now: float) -> None:
        try:
            done = self._crawls.step(now + _SLICE_SECONDS, self._pump)
        except OSError as error:
            self._root.doubt(now, f"the folder cannot be read: {error.strerror}; it is tried again")
            return
        if done is not None:
            self._rescanned(done)
        elif self._crawls:
            self._outbox.progress(now)

    def _rescanned(self, done: Done) -> None:
        self._status.scanned = True
        self._state.remember_rules()
        self._status.lost = ""
        self._outbox.rescanned(done, self._operation)
        pause = self._status.polling_seconds()
        if pause is not None:
            self._poll_due = time.monotonic() + max(pause, 20 * done.seconds)

    # ----- comparisons

    def _end_provisions(self, now: float) -> None:
        """What may have been temporary and has been quiet for long counts, unless somebody still writes it."""
        if not self._may_compare():
            return
        provisional = self._state.provisional
        stayed = provisional.stayed(now)
        written = open_among([self._state.absolute(path) for path in stayed])
        for path in stayed:
            if self._state.absolute(path) in written:
                provisional.gone(path)
                provisional.hold(path, now, HOLD_SECONDS)
            else:
                self.debounce.touch(path, 0, now)

    def _end_discards(self, now: float) -> None:
        view = self._git.view
        if view is not None:
            self._state.batch.discards += self._state.discards.ended(str(view.folders.top), now)

    def _compare_due(self, now: float) -> None:
        if not self._may_compare():
            return
        if len(self.debounce) and not self._root.there():
            self._root.doubt(now, _GONE)
            return
        end = time.monotonic() + _SLICE_SECONDS
        if self._comparison.begin(now):
            self._git.rules_changed(now)
        locked = self._git.locked
        for pending in self.debounce.due(now):
            if locked and pending.git:
                self.debounce.hold(pending)
                continue
            self._comparison.compare(pending.path, pending)
            self._pump()
            if pending.path.endswith(".gitignore"):
                self._git.rules_changed(now)
            if time.monotonic() >= end:
                break

    def _answer_probes(self) -> None:
        doubtful = self._crawls or self._backoff.due is not None or self._git.rules_due
        if self._probes and not doubtful and self._status.scanned:
            answered = self._probes.answered(self.debounce)
            if answered:
                self._outbox.answer(answered, self._operation)

    def _operation(self) -> str:
        return "other" if self._git.watch is None else self._git.watch.operation()

    def _at_rest(self) -> bool:
        busy = len(self.debounce) or self._crawls or self._state.batch or self._git.locked
        return not busy and self._drained()

    def _may_compare(self) -> bool:
        """Not before the first scan is over, and not while the root is out of reach: then nothing seems to be there.
        A root that was deleted took its files along, and its repository."""
        if self._outbox.blocked or not self._status.scanned:
            return False
        return self._root.deleted if self._root.lost else not self._git.reopens

    def _by_git(self) -> bool:
        """Whether git may have written what a rescan finds."""
        return self._git.moved_meanwhile() or self._git.locked

    def _follow_rules(self) -> None:
        self._crawls.whole("rules", CrawlOptions(rules=True))

    # ----- the root

    def _lose_root(self, now: float) -> None:
        tree = self._state.tree
        if tree.top is not None:
            tree.drop(tree.top)
        self._crawls.clear()
        self._root.lose(now, self._reader.flags.root_deleted)
        self._status.lost = self._root.why_lost
        self._outbox.report()

    def _take_root_back(self) -> None:
        self._root.taken()
        self._git.open()
        self._git.announce()
        self._reader.flags.root_deleted = False
        self._crawls.whole("root_changed", CrawlOptions(git=self._by_git(), adopt=not self._status.scanned))
