"""What is unchanged, and what is gone: neither times that a program set nor a path that leads nowhere decide."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.watching.watched_folders import fill
from tests.integration.watching.watcher_rig import WatcherRig

Watch = Callable[..., WatcherRig]

LONG_AGO = (10**9, 10**9)


def write_with_the_same_times(path: Path, text: str) -> None:
    """In place: size, mtime and inode stay."""
    before = path.stat()
    with open(path, "r+") as file:
        file.write(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def vendored(folder: Path, version: str) -> Path:
    for number in range(8):
        path = folder / f"v/{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"version {version}\n")
        os.utime(path, LONG_AGO)
    return folder


def test_a_package_unpacked_again_with_fixed_times(watch: Watch, folder: Path, short_tmp: Path) -> None:
    rig = watch(vendored(folder, "1.0"))
    archive = short_tmp / "new.tar"
    subprocess.run(["tar", "-C", str(vendored(short_tmp / "new", "1.1")), "-cf", str(archive), "v"], check=True)
    subprocess.run(["tar", "-C", str(folder), "-xf", str(archive)], check=True)
    assert rig.settle().brief() == [("modified", f"v/{number}.txt", 1, 1) for number in range(8)]


def test_written_in_place_and_the_time_set_back(watch: Watch, folder: Path) -> None:
    rig = watch(vendored(folder, "1.0"))
    write_with_the_same_times(folder / "v/0.txt", "VERSION 1.0\n")
    assert rig.settle().brief() == [("modified", "v/0.txt", 1, 1)]
    write_with_the_same_times(folder / "v/0.txt", "VERSION 2.0\n")
    assert rig.settle().brief() == [("modified", "v/0.txt", 1, 1)]


def test_a_rescan_and_a_new_watcher_look_at_the_time_of_change(watch: Watch, folder: Path) -> None:
    rig = watch(vendored(folder, "1.0"))
    rig.settle()
    rig.kill()
    write_with_the_same_times(folder / "v/3.txt", "VERSION 1.0\n")
    rig.start()
    assert [change[:2] for change in rig.settle().brief()] == [("modified", "v/3.txt")]


def test_setting_times_and_modes_is_no_change(watch: Watch, folder: Path) -> None:
    rig = watch(vendored(folder, "1.0"))
    os.utime(folder / "v/0.txt")
    (folder / "v/1.txt").chmod(0o755)
    assert rig.settle().brief() == []
    rig.kill()
    (folder / "v/1.txt").chmod(0o644)
    rig.start()
    assert rig.settle().brief() == []


def test_a_folder_above_is_renamed_and_comes_back(watch: Watch, short_tmp: Path) -> None:
    """No event of the watched folder tells so."""
    root = short_tmp / "above/more/work"
    fill(root, 2, 3)
    rig = watch(root)
    (short_tmp / "above").rename(short_tmp / "elsewhere")
    moved = short_tmp / "elsewhere/more/work"
    (moved / "a0/b/c/f0").write_text("edited\n")
    (moved / "a0/b/c/f1").unlink()
    (moved / "a1/new").write_text("new\n")
    assert "not there" in rig.wait_state("failed")["detail"]
    assert rig.received.brief() == []
    (short_tmp / "elsewhere").rename(short_tmp / "above")
    rig.wait_state("watching")
    changes = rig.settle().brief()
    assert [change[:2] for change in changes] == [
        ("created", "a1/new"),
        ("deleted", "a0/b/c/f1"),
        ("modified", "a0/b/c/f0"),
    ]


@pytest.fixture
def ordinary() -> list[str]:
    """A command that runs what follows without root's right to read everything."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is not installed: apt install util-linux")
    return ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--securebits=+noroot,+noroot_locked"]


def test_what_cannot_be_looked_at_is_not_gone(watch: Watch, folder: Path, ordinary: list[str]) -> None:
    fill(folder, 1, 2)
    rig = watch(folder, prefix=ordinary)
    closed = folder / "a0/b"
    with open(closed / "c/f0", "a") as file:
        closed.chmod(0)
        file.write("three\n")
    received = rig.settle()
    assert received.brief() == []
    closed.chmod(0o755)
    rig.wait_for(lambda rig: rig.received.changes)
    assert rig.settle().brief() == [("modified", "a0/b/c/f0", 1, 0)]
    assert len(rig.snapshot) == 2
