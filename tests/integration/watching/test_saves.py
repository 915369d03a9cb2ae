"""Every way of saving a file is one change; what leaves the content as it was is none."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.watching.watched_folders import watched
from tests.integration.watching.watcher_rig import WatcherRig

Watch = Callable[..., WatcherRig]
Save = Callable[[Path, bytes], None]


def in_place(path: Path, data: bytes) -> None:
    with path.open("r+b") as file:
        file.write(data)
        file.truncate()


def truncate_and_write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def in_pieces(path: Path, data: bytes) -> None:
    with path.open("wb", buffering=0) as file:
        for start in range(0, len(data), 7):
            file.write(data[start : start + 7])


def temp_and_rename(path: Path, data: bytes) -> None:
    temp = path.with_name("anything at all")
    temp.write_bytes(data)
    temp.rename(path)


def temp_of_mkstemp(path: Path, data: bytes) -> None:
    temp = path.with_name(f".{path.name}.kX81z")
    fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.write(fd, data)
    os.fsync(fd)
    os.fchmod(fd, 0o644)
    os.close(fd)
    os.replace(temp, path)


def temp_elsewhere(path: Path, data: bytes) -> None:
    temp = path.parent.parent / "outside"
    temp.write_bytes(data)
    temp.rename(path)


def backup_and_rename(path: Path, data: bytes) -> None:
    backup = path.with_name("kept.orig")
    path.rename(backup)
    path.write_bytes(data)
    backup.unlink()


def like_vim(path: Path, data: bytes) -> None:
    """`:w` with 'writebackup' by renaming: the probe 4913, swap, backup, new file."""
    swap = path.with_name(f".{path.name}.swp")
    swap.write_bytes(b"b0VIM 9.0")
    path.with_name("4913").write_bytes(b"")
    path.with_name("4913").unlink()
    backup = path.with_name(path.name + "~")
    path.rename(backup)
    path.write_bytes(data)
    path.chmod(0o644)
    backup.unlink()
    swap.unlink()


def like_emacs(path: Path, data: bytes) -> None:
    lock = path.with_name(f".#{path.name}")
    lock.symlink_to("ada@host.1:1")
    autosave = path.with_name(f"#{path.name}#")
    autosave.write_bytes(data)
    shutil.copy2(path, path.with_name(path.name + "~"))
    path.write_bytes(data)
    autosave.unlink()
    lock.unlink()


def like_vs_code(path: Path, data: bytes) -> None:
    """Truncates first, and writes a moment later."""
    with path.open("r+b", buffering=0) as file:
        file.truncate(0)
        file.write(data)
        os.fsync(file.fileno())


def like_jetbrains(path: Path, data: bytes) -> None:
    temp = path.with_name(path.name + "___jb_tmp___")
    old = path.with_name(path.name + "___jb_old___")
    temp.write_bytes(data)
    path.rename(old)
    temp.rename(path)
    old.unlink()


def like_glib(path: Path, data: bytes) -> None:
    temp = path.with_name(".goutputstream-A1B2C3")
    temp.write_bytes(data)
    temp.rename(path)


def unlink_and_write(path: Path, data: bytes) -> None:
    path.unlink()
    path.write_bytes(data)


def exchange(path: Path, data: bytes) -> None:
    """A new file is linked under a name of its own and takes the place in two renames."""
    temp = path.with_name("first")
    temp.write_bytes(data)
    temp.rename(path.with_name("second"))
    path.with_name("second").rename(path)


SAVES: list[Save] = [
    in_place,
    truncate_and_write,
    in_pieces,
    temp_and_rename,
    temp_of_mkstemp,
    temp_elsewhere,
    backup_and_rename,
    like_vim,
    like_emacs,
    like_vs_code,
    like_jetbrains,
    like_glib,
    unlink_and_write,
    exchange,
]


@pytest.mark.parametrize("save", SAVES, ids=lambda save: save.__name__)
def test_a_save_is_one_change(watch: Watch, folder: Path, save: Save) -> None:
    path = folder / "notes.py"
    path.write_bytes(b"one\ntwo\nthree\n")
    rig = watch(folder)
    save(path, b"one\n2\nthree\nfour\n")
    assert rig.settle().brief() == [("modified", "notes.py", 2, 1)]
    save(path, b"one\n2\n")
    assert rig.settle().brief() == [("modified", "notes.py", 0, 2)]


@pytest.mark.parametrize("save", [truncate_and_write, in_pieces], ids=lambda save: save.__name__)
def test_a_new_file_is_created_once(watch: Watch, folder: Path, save: Save) -> None:
    rig = watch(folder)
    save(folder / "new.txt", b"a\nb\n")
    assert rig.settle().brief() == [("created", "new.txt", 2, 0)]


def test_a_new_file_by_temp_and_rename_is_created_once(watch: Watch, folder: Path) -> None:
    rig = watch(folder)
    temp_of_mkstemp(folder / "new.txt", b"a\nb\n")
    assert rig.settle().brief() == [("created", "new.txt", 2, 0)]


def test_sed_and_patch_are_edits(watch: Watch, folder: Path) -> None:
    path = folder / "a.txt"
    path.write_text("one\ntwo\n")
    rig = watch(folder)
    subprocess.run(["sed", "-i", "s/two/2/", path], check=True)
    assert rig.settle().brief() == [("modified", "a.txt", 1, 1)]
    diff = b"--- a.txt\n+++ a.txt\n@@ -1,2 +1,2 @@\n-one\n+1\n 2\n"
    subprocess.run(["git", "apply", "-p0", "--unsafe-paths"], cwd=folder, input=diff, check=True)
    assert rig.settle().brief() == [("modified", "a.txt", 1, 1)]


def test_a_real_vim_saves_once(watch: Watch, folder: Path) -> None:
    if shutil.which("vim") is None:
        pytest.skip("vim is not installed: apt install vim")
    path = folder / "a.txt"
    path.write_text("one\ntwo\n")
    rig = watch(folder)
    for backup in ("backupcopy=no", "backupcopy=yes"):
        script = f":set {backup} backup writebackup"
        subprocess.run(
            ["vim", "-u", "NONE", "-es", "-c", script, "-c", "normal! Gothree", "-c", "wq", path],
            check=True,
            stdin=subprocess.DEVNULL,
        )
        assert rig.settle().brief() == [("modified", "a.txt", 1, 0)]


def test_a_formatter_after_the_save_is_a_second_change(watch: Watch, folder: Path) -> None:
    path = folder / "a.py"
    path.write_text("x=1\n")
    rig = watch(folder)
    path.write_text("x=1\ny=2\n")
    rig.wait_for(lambda rig: rig.received.changes)
    path.write_text("x = 1\ny = 2\n")
    assert [change.added for change in rig.settle().changes] == [1, 2]


def test_a_formatter_at_once_is_part_of_the_save(watch: Watch, folder: Path) -> None:
    path = folder / "a.py"
    path.write_text("x=1\n")
    rig = watch(folder, settle_seconds=0.5)
    path.write_text("x=1\ny=2\n")
    path.write_text("x = 1\ny = 2\n")
    assert rig.settle().brief() == [("modified", "a.py", 2, 1)]


def test_what_leaves_the_content_is_no_change(watch: Watch, folder: Path) -> None:
    path = folder / "a.txt"
    path.write_text("one\n")
    rig = watch(folder)
    os.utime(path)
    path.chmod(0o755)
    path.write_text("one\n")
    temp_and_rename(path, b"one\n")
    assert rig.settle().brief() == []
    path.write_text("two\n")
    path.write_text("one\n")
    assert rig.settle().brief() == []


def test_what_came_and_went_is_no_change(watch: Watch, folder: Path) -> None:
    rig = watch(folder)
    assert rig.process is not None
    rig.process.send_signal(signal.SIGSTOP)  # all of it is between two looks
    (folder / "a").write_text("x")
    (folder / "a").rename(folder / "b")
    (folder / "b").unlink()
    shutil.copytree(Path(__file__).parent, folder / "t")
    shutil.rmtree(folder / "t")
    rig.process.send_signal(signal.SIGCONT)
    assert rig.settle().brief() == []
    assert rig.snapshot == {}


def test_a_file_under_constant_change_is_looked_at_now_and_then(watch: Watch, folder: Path) -> None:
    path = folder / "log"
    path.write_text("")
    rig = watch(folder, settle_seconds=0.5, max_delay_seconds=0.5)
    with path.open("a", buffering=1) as file:
        written = 0
        while len(rig.received.changes) < 2:
            file.write("line\n")
            written += 1
            rig.receive()
    received = rig.settle()
    assert sum(change.added or 0 for change in received.changes) == written
    assert all(change.operation == "modified" for change in received.changes)


@pytest.mark.parametrize("known", [True, False])
def test_a_save_that_pauses_while_the_file_is_open(watch: Watch, folder: Path, known: bool) -> None:
    """However slow the machine is, nobody sees half a save."""
    if known:
        (folder / "a").write_text("one\n")
    rig = watch(folder, settle_seconds=0.02, max_delay_seconds=30.0)
    with (folder / "a").open("w", buffering=1) as file:
        for line in ("one\n", "two\n", "three\n"):
            rig.receive(0.2)
            file.write(line)
    added = 2 if known else 3
    assert rig.settle().brief() == [("modified" if known else "created", "a", added, 0)]


def test_a_file_that_a_crawl_finds_empty_is_being_written(watch: Watch, folder: Path) -> None:
    rig = watch(folder, settle_seconds=0.02, max_delay_seconds=30.0)
    (folder / "new").mkdir()
    with (folder / "new/a").open("w") as file:
        while watched(rig) < 2:
            rig.receive()
        rig.receive(0.2)
        file.write("one\n")
    assert rig.settle().brief() == [("created", "new/a", 1, 0)]


def test_a_file_that_stays_open_is_looked_at_all_the_same(watch: Watch, folder: Path) -> None:
    rig = watch(folder, max_delay_seconds=0.2)
    with (folder / "log").open("w", buffering=1) as file:
        file.write("one\n")
        assert rig.settle().brief() == [("created", "log", 1, 0)]
        file.write("two\n")
        assert rig.settle().brief() == [("modified", "log", 1, 0)]
