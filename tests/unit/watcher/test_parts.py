"""The small parts of the watching engine, each by itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from obsd.watcher import filesystems
from obsd.watcher.baselines import Baselines
from obsd.watcher.debounce import DebounceQueue
from obsd.watcher.open_files import is_open
from obsd.watcher.renames import Moves
from obsd.watcher.snapshot import Snapshot, State

STATE = State(4, 1000, 7, b"\1" * 20)


def due(debounce: DebounceQueue, now: float) -> list[str]:
    return [pending.path for pending in debounce.due(now)]


def test_a_file_is_due_after_some_quiet() -> None:
    debounce = DebounceQueue(settle_seconds=0.1, max_delay_seconds=1.0)
    debounce.touch("a", 1, 10.0)
    debounce.touch("a", 2, 10.05)
    assert due(debounce, 10.12) == []
    (pending,) = debounce.due(10.2)
    assert (pending.path, pending.mask) == ("a", 3)
    assert debounce.deadline() is None


def test_constant_change_puts_off_no_longer_than_the_longest_delay() -> None:
    debounce = DebounceQueue(settle_seconds=0.1, max_delay_seconds=1.0)
    for tick in range(60):
        now = 10 + tick * 0.05
        debounce.touch("a", 1, now)
        if due(debounce, now):
            assert now <= 11.2
            return
    pytest.fail("it was never due")


def test_what_is_held_waits_for_its_release() -> None:
    debounce = DebounceQueue(settle_seconds=0.1, max_delay_seconds=1.0)
    debounce.touch("a", 1, 10.0, git=True)
    (pending,) = debounce.due(11.0)
    debounce.hold(pending)
    assert due(debounce, 12.0) == []
    assert debounce.waits_up_to(pending.number)
    debounce.release(12.0)
    assert due(debounce, 13.0) == ["a"]
    assert len(debounce) == 0


def test_who_wrote_first_and_last() -> None:
    debounce = DebounceQueue(settle_seconds=0.1, max_delay_seconds=1.0)
    pending = debounce.touch("a", 1, 10.0, git=True)
    debounce.touch("a", 1, 10.0, git=None)
    assert pending.git
    debounce.touch("a", 1, 10.0, git=False)
    assert (pending.git, pending.git_began) == (False, True)


def test_a_chain_of_moves_is_one() -> None:
    moves = Moves()
    moves.left(1, "a")
    assert moves.file_arrived(1, "b")
    moves.left(2, "b")
    assert moves.file_arrived(2, "c")
    assert not moves.file_arrived(3, "d")
    assert moves.target("a") == "c"
    assert moves.take_origin("c") == "a"
    assert moves.target("a") is None


def test_moves_there_and_back_are_none() -> None:
    moves = Moves()
    moves.pair("a", "b")
    moves.pair("b", "a")
    assert moves.target("a") is None
    assert moves.take_origin("a") is None


def test_folders_moved_again_before_they_were_seen() -> None:
    moves = Moves()
    assert moves.pair_folder("a", "b") == ("a",)
    assert moves.pair_folder("b/c", "d") == ("b/c", "a/c")
    assert moves.pair_folder("d", "a") == ("d", "b/c", "a/c")


def test_an_inode_tells_where_a_file_went(short_tmp: Path) -> None:
    path = short_tmp / "new"
    path.write_text("one\n")
    found = os.stat(path)
    same = State(found.st_size, found.st_ctime_ns, found.st_ino, b"")
    for state, device, alone, origin in (
        (same, found.st_dev, True, "old"),
        (same, found.st_dev, False, "old"),
        (same, found.st_dev + 1, True, "new"),
        (same._replace(size_bytes=9), found.st_dev, True, "old"),
        (same._replace(size_bytes=9), found.st_dev, False, "new"),
        (same._replace(inode=found.st_ino + 1), found.st_dev, True, "new"),
    ):
        for crawled_first in (False, True):
            moves = Moves()
            if crawled_first:
                moves.found(found, "new")
            moves.left_with(state, device, "old", alone)
            if not crawled_first:
                moves.found(found, "new")
            assert moves.origin("new") == origin


def test_a_file_that_is_open_waits_until_it_is_closed_or_the_longest_delay_is_over() -> None:
    debounce = DebounceQueue(settle_seconds=0.1, max_delay_seconds=1.0)
    for path in ("closed", "stays-open"):
        debounce.touch(path, 1, 10.0)
    for pending in list(debounce.due(10.2)):
        assert debounce.wait_for_close(pending, 10.2)
    assert debounce.deadline() == 11.0
    debounce.again(debounce.touch("closed", 8, 10.5), 10.5)
    assert due(debounce, 10.55) == []
    assert due(debounce, 10.65) == ["closed"]
    assert "stays-open" in debounce
    (pending,) = debounce.due(11.0)
    assert not debounce.wait_for_close(pending, 11.0)
    assert len(debounce) == 0


def test_a_crawl_that_finds_the_end_of_a_chain_of_which_the_events_still_come(short_tmp: Path) -> None:
    path = short_tmp / "new"
    path.write_text("one\n")
    found = os.stat(path)
    state = State(found.st_size, found.st_ctime_ns, found.st_ino, b"")
    moves = Moves()
    moves.found(found, "new")
    moves.left_with(state, found.st_dev, "a", alone=True)
    moves.pair("a", "b")
    moves.left_with(state, found.st_dev, "b", alone=True)
    assert moves.target("a") == "new"
    assert moves.take_origin("new") == "a"


def test_a_crawl_that_finds_the_end_of_a_chain_before_the_event_of_its_last_move(short_tmp: Path) -> None:
    path = short_tmp / "new"
    path.write_text("one\n")
    found = os.stat(path)
    state = State(found.st_size, found.st_ctime_ns, found.st_ino, b"")
    moves = Moves()
    moves.left(1, "a")
    moves.left_with(state, found.st_dev, "a", alone=True)
    assert moves.file_arrived(1, "b")
    moves.found(found, "new")
    moves.left(2, "b")
    moves.left_with(state, found.st_dev, "b", alone=True)
    assert moves.file_arrived(2, "new")
    assert moves.target("a") == "new"
    assert moves.take_origin("new") == "a"


def test_the_table_gives_back_what_was_put() -> None:
    snapshot = Snapshot()
    for path in ("a", "d/b", "d/e/c", "d/\udcff"):
        snapshot.put(path, STATE._replace(size_bytes=len(path)))
    snapshot.put("a", STATE._replace(content_id=b""))
    assert snapshot.get("a") == STATE._replace(content_id=b"")
    assert snapshot.get("d/e/c") == STATE._replace(size_bytes=5)
    assert sorted(snapshot.under("d/")) == ["d/b", "d/e/c", "d/\udcff"]
    assert snapshot.names("d/") == {"b", "\udcff"}
    snapshot.remove("d/e/c")
    snapshot.remove("never there")
    assert len(snapshot) == 3
    assert "d/e/" not in snapshot.prefixes()


def test_a_time_within_the_clocks_grain_never_counts_as_the_same() -> None:
    assert STATE.unchanged(4, 1000, 7)
    assert not STATE._replace(ctime_ns=0).unchanged(4, 0, 7)


def test_contents_keep_to_their_budget() -> None:
    baselines = Baselines(budget_bytes=2000)
    for name in "abcd":
        baselines.put(name, b"x" * 300)
        baselines.get("a")
    assert baselines.used_bytes <= 2000
    baselines.put("e", b"x" * 300)
    assert baselines.get("a") is not None
    assert baselines.get("b") is None
    baselines.put("huge", b"x" * 5000)
    assert baselines.used_bytes <= 2000
    assert baselines.get("huge") is None


MOUNTS = [
    "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw",
    "30 22 0:27 / /mnt/nfs\\040share rw - nfs4 server:/x rw",
    "31 22 0:28 / /mnt/nfs\\040share/local rw - tmpfs none rw",
    "32 22 0:29 / /mnt/fuse rw master:1 - fuse.sshfs host: rw",
    "33 22 0:30 / /over rw - ext4 /dev/vdb rw",
    "34 33 0:31 / /over rw - 9p share rw",
]


@pytest.mark.parametrize(
    ("path", "kind", "events"),
    [
        ("/home/ada", "ext4", True),
        ("/mnt/nfs share/repo", "nfs4", False),
        ("/mnt/nfs share/local/repo", "tmpfs", True),
        ("/mnt/nfs share.old", "ext4", True),
        ("/mnt/fuse", "fuse.sshfs", False),
        ("/over/repo", "9p", False),
    ],
)
def test_file_systems_without_events(monkeypatch: pytest.MonkeyPatch, path: str, kind: str, events: bool) -> None:
    monkeypatch.setattr(filesystems, "_lines", lambda: MOUNTS)
    assert filesystems.file_system(path) == kind
    assert filesystems.has_events(kind) is events


def test_who_has_a_file_open(short_tmp: Path) -> None:
    path = short_tmp / "index.lock"
    with path.open("w"):
        assert is_open(path)
    assert not is_open(path)
