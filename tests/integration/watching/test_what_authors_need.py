"""What the watcher says for those who find out who wrote: when a file was scanned, and which folders have a watch."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.integration.watching.watcher_rig import WatcherRig

Watch = Callable[..., WatcherRig]


def test_each_change_has_the_time_of_its_scan(watch: Watch, folder: Path) -> None:
    rig = watch(folder)
    times = [time.time()]
    for name in ("one", "two"):
        (folder / name).write_text("text\n")
        (change,) = rig.settle().changes
        assert times[-1] <= change.at <= time.time()
        times.append(change.at)


def test_folders_that_have_a_watch_are_told(watch: Watch, folder: Path) -> None:
    (folder / "old/below").mkdir(parents=True)
    rig = watch(folder, folders=True)
    received = rig.settle()
    assert (sorted(received.came), received.went) == (["", "old/", "old/below/"], [])
    (folder / "new").mkdir()
    (folder / "new/file").write_text("text\n")
    received = rig.settle()
    assert (received.came, received.went) == (["new/"], [])
    (folder / "old").rename(folder / "moved")
    received = rig.settle()
    assert (sorted(received.came), sorted(received.went)) == (["moved/", "moved/below/"], ["old/", "old/below/"])
    shutil.rmtree(folder / "new")
    received = rig.settle()
    assert (received.came, received.went) == ([], ["new/"])


def test_a_folder_that_does_not_count_after_all_is_not_told_as_watched(watch: Watch, folder: Path) -> None:
    subprocess.run(["git", "init", "-q", str(folder / "library")], check=True)
    rig = watch(folder, folders=True)
    assert rig.settle().came == [""]
    shutil.rmtree(folder / "library/.git")
    assert rig.settle().came == ["library/"]


def test_nobody_is_told_of_folders_who_did_not_ask(watch: Watch, folder: Path) -> None:
    (folder / "below").mkdir()
    received = watch(folder).settle()
    assert (received.came, received.went) == ([], [])
