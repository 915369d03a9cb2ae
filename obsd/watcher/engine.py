"""One workspace's watching, as a machine that is stepped: events in, batches out. It never waits.

The order of work in a step: what events signalled beside the marks, crawls in slices, looks at what has settled, and
then what was found goes to the daemon. Each part is bounded in time, so that the queue is read in between.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from obsd.host import heap
from obsd.watcher.baselines import Contents
from obsd.watcher.comparison import Comparison
from obsd.watcher.cookies import Probes
from obsd.watcher.crawl import CrawlOptions
from obsd.watcher.debounce import Unsettled
from obsd.watcher.events import Arrived, EventReader
from obsd.watcher.git_dir import Lock
from obsd.watcher.git_link import GitSide
from obsd.watcher.inotify import Inotify
from obsd.watcher.mounts import Mounts
from obsd.watcher.open_files import is_open
from obsd.watcher.outbox import Outbox
from obsd.watcher.protocol import Channel, Settings
from obsd.watcher.rescans import Crawls, Done, RescanBackoff
from obsd.watcher.root import Root
from obsd.watcher.snapshot import Table
from obsd.watcher.status import Condition
from obsd.watcher.watch_tree import Tree
from obsd.watcher.workspace_state import WorkspaceState

_SLICE_SECONDS = 0.025
_GONE = "the folder is not there: it was moved, removed or unmounted; it is looked for"


class Engine:
    """Everything of one workspace. `now` is always the monotonic clock, in seconds."""

    def __init__(
        self,
        settings: Settings,
        channel: Channel,
        inotify: Inotify | None,
        table: Table,
        pump: Callable[[], None],
        drained: Callable[[], bool],
        mounts: Mounts,
    ) -> None:
        """`pump` is called within long work: it keeps the kernel's queue from running over. `drained` tells whether
        all events have been read: only then what was read from the disk is not ahead of them."""
        self._settings = settings
        self._pump = pump
        self._drained = drained
        self._mounts = mounts
        tree = Tree(settings.root, inotify)
        self.unsettled = Unsettled(settings.settle_seconds, settings.max_delay_seconds)
        contents = Contents(settings.baseline_bytes)
        self._state = WorkspaceState(tree, table, contents, self.unsettled, settings.max_measured_bytes)
        self._comparison = Comparison(self._state)
        self._probes = Probes(settings.probe_dir, inotify)
        self._git = GitSide(settings, channel, self._state, inotify)
        self._reader = EventReader(self._state, self._probes, lambda: self._git.watch, pump)
        self._crawls = Crawls(self._state)
        self._condition = Condition(self._state, mounts, inotify is None)
        self._outbox = Outbox(
            channel, self._state, self._reader, self._condition, self._crawls, folders=settings.folders
        )
        self._doubt = RescanBackoff()
        self._root = Root(settings.root)
        self._state.root_is_there = self._root.there
        self._poll_due: float | None = None

    def start(self, now: float) -> None:
        """The first look: at a folder that nobody knows, or against the table of an earlier watcher."""
        self._root.taken()
        self._git.open()
        self._git.announce()
        if self._settings.known:
            manner = CrawlOptions(git=self._git.moved_meanwhile(), warm=True)
            self._crawls.whole("restart" if self._settings.reason == "restart" else "start", manner)
        else:
            self._outbox.first_look()
            self._crawls.whole("start", CrawlOptions(adopt=True))
        self._outbox.report()

    def events(self, buffer: bytes, now: float) -> None:
        """Takes what was read from the queue."""
        self._reader.apply(buffer, now)

    def probe(self, token: str) -> None:
        """Sends a probe on its way; `probed` answers it."""
        self._probes.write(token)

    def rescan(self, reason: str, now: float) -> None:
        """Looks at everything because somebody outside says so (`suspend`, `requested`)."""
        self._doubt.arise("suspend" if reason == "suspend" else "requested", now)

    def configure(self, settle_seconds: float, max_delay_seconds: float) -> None:
        self.unsettled.settle_seconds = settle_seconds
        self.unsettled.max_delay_seconds = max_delay_seconds

    def step(self, now: float) -> None:
        """Does what is due, for some 50 ms at the most."""
        if self._root.returned(now):
            self._take_root_back()
        self._act_on_signs(now)
        if not self._root.lost:
            self._git.step(now, self._follow_rules)
            self._start_rescans(now)
            self._crawl(now)
        self._end_provisions(now)
        self._end_discards(now)
        self._look(time.monotonic())
        self._git.check_lock(now)
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
        signs = self._reader.signs
        signs.root_changed = True
        for path in self._mounts.changed():
            self._state.mounted(path)
            above, _, name = path.rpartition("/")
            parent = self._state.tree.find(above)
            if parent is not None:
                signs.arrived.append(Arrived(parent, name, Lock.NONE, adopt=True))

    def heartbeat(self, now: float) -> None:
        """What no event tells: whether another file system lies over the folder now. Tidies up, and tells how it is."""
        if not self._root.lost and self._root.moved():
            self._lose_root(now, _GONE)
        heap.give_back()
        self._outbox.report()

    def deadline(self) -> float | None:
        """When to step again if nothing happens; None: never."""
        if self._crawls:
            return 0.0
        if self._root.lost:
            return self._root.retry_due
        dues = (
            self.unsettled.deadline() if self._may_look() else None,
            self._outbox.due,
            self._git.deadline(),
            self._doubt.due,
            self._poll_due,
            self._state.provisional.deadline() if self._may_look() else None,
            self._state.discards.due,
        )
        return min((due for due in dues if due is not None), default=None)

    # ----- signs

    def _act_on_signs(self, now: float) -> None:
        signs = self._reader.signs
        if signs.released:
            signs.released = False
            self.unsettled.release(now)
        if signs.git_changed:
            signs.git_changed = False
            self._git.changed(now)
        if signs.overflowed or signs.unknown_watch:
            self._doubt.arise("overflow" if signs.overflowed else "unknown_watch", now)
            self._state.moves.clear()
            signs.overflowed = signs.unknown_watch = False
        for arrived in signs.arrived:
            self._crawls.folder(arrived)
        signs.arrived.clear()
        if signs.root_changed:
            signs.root_changed = False
            if not self._root.lost and self._root.moved():
                self._lose_root(now, _GONE)

    def _start_rescans(self, now: float) -> None:
        reason = self._doubt.take(now)
        if reason is not None:
            self._probes.lost()
            self._git.look_at_lock(now)
            self._crawls.whole(reason, CrawlOptions(git=self._git.moved_meanwhile() or self._git.locked))
        if self._poll_due is not None and self._poll_due <= now:
            self._poll_due = None
            self._crawls.whole("polling", CrawlOptions(git=self._git.moved_meanwhile()))

    def _crawl(self, now: float) -> None:
        try:
            done = self._crawls.step(now + _SLICE_SECONDS, self._pump)
        except OSError as error:
            self._lose_root(now, f"the folder cannot be read: {error.strerror}; it is tried again")
            return
        if done is not None:
            self._rescanned(done)
        elif self._crawls:
            self._outbox.progress(now)

    def _rescanned(self, done: Done) -> None:
        self._condition.looked = True
        self._state.remember_rules()
        self._condition.lost = ""
        self._outbox.rescanned(done, self._operation)
        pause = self._condition.polling_seconds()
        if pause is not None:
            self._poll_due = time.monotonic() + max(pause, 20 * done.seconds)

    # ----- looks

    def _end_provisions(self, now: float) -> None:
        """What may have been temporary and has been quiet for long counts, unless somebody still writes it."""
        if not self._may_look():
            return
        for path in self._state.provisional.stayed(now):
            if is_open(Path(self._state.absolute(path))):
                self._state.provisional.gone(path)
                self._state.provisional.hold(path, now)
            else:
                self.unsettled.touch(path, 0, now)

    def _end_discards(self, now: float) -> None:
        view = self._git.view
        if view is not None:
            self._state.batch.discards += self._state.discards.ended(str(view.folders.top), now)

    def _look(self, now: float) -> None:
        if not self._may_look():
            return
        if len(self.unsettled) and not self._root.there():
            self._lose_root(now, _GONE)
            return
        end = now + _SLICE_SECONDS
        if self._comparison.begin():
            self._git.rules_changed(now)
        locked = self._git.locked
        for mark in self.unsettled.due(now):
            if locked and mark.git:
                self.unsettled.hold(mark)
                continue
            self._comparison.look(mark.path, mark)
            self._pump()
            if mark.path.endswith(".gitignore"):
                self._git.rules_changed(now)
            if time.monotonic() >= end:
                break

    def _answer_probes(self) -> None:
        doubtful = self._crawls or self._doubt.due is not None or self._git.rules_due
        if self._probes and not doubtful and self._condition.looked:
            answered = self._probes.answered(self.unsettled)
            if answered:
                self._outbox.answer(answered, self._operation)

    def _operation(self) -> str:
        return "other" if self._git.watch is None else self._git.watch.operation()

    def _at_rest(self) -> bool:
        busy = len(self.unsettled) or self._crawls or self._state.batch or self._git.locked
        return not busy and self._drained()

    def _may_look(self) -> bool:
        """Not before the first look is over, and not while the root is out of reach: then nothing seems to be there.
        A root that was deleted took its files along."""
        if self._outbox.blocked or not self._condition.looked or self._git.reopens:
            return False
        return not self._root.lost or self._root.deleted

    def _follow_rules(self) -> None:
        self._crawls.whole("rules", CrawlOptions(rules=True))

    # ----- the root

    def _lose_root(self, now: float, why: str) -> None:
        tree = self._state.tree
        if tree.top is not None:
            tree.drop(tree.top)
        self._crawls.clear()
        self._root.lose(now, self._reader.signs.root_deleted)
        self._condition.lost = why
        self._outbox.report()

    def _take_root_back(self) -> None:
        self._root.taken()
        self._git.open()
        self._git.announce()
        self._reader.signs.root_deleted = False
        self._crawls.whole(
            "root_changed", CrawlOptions(git=self._git.moved_meanwhile(), adopt=not self._condition.looked)
        )
