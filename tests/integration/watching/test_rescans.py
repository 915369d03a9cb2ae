"""Where watching is not possible, or the folder itself goes away: said, repaired, and the rest goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import inotify_limits
from tests.inotify_limits import limited, set_limits
from tests.integration.watching.watched_folders import fill
from tests.integration.watching.watcher_rig import WatcherRig

Watch = Callable[..., WatcherRig]

needs_limits = pytest.mark.skipif(not inotify_limits.are_to_be_had(), reason="no user namespace is to be had here")


@needs_limits
def test_no_watch_is_left(watch: Watch, folder: Path) -> None:
    fill(folder, 40, 1)
    rig = watch(folder, prefix=limited(watches=30))
    assert rig.state["state"] == "degraded"
    assert "fs.inotify.max_user_watches" in rig.state["detail"]
    assert 0 < rig.state["watches"] <= 30
    (folder / "top").write_text("one\n")
    assert ("created", "top", 1, 0) in rig.settle().brief()
    for number in range(40):
        (folder / f"a{number}/b/c/f0").write_text("one\ntwo\nthree\n")
    rig.send("rescan", "suspend")
    rig.wait_for(lambda rig: any(reason == "suspend" for reason, _, _ in rig.received.rescans))
    seen = rig.settle().changes
    assert {change.path for change in seen} == {f"a{number}/b/c/f0" for number in range(40)}
    shutil.rmtree(folder / "a0")
    for number in range(20, 40):
        shutil.rmtree(folder / f"a{number}")
    rig.send("rescan", "suspend")
    rig.wait_for(lambda rig: any(reason == "suspend" for reason, _, _ in rig.received.rescans))
    assert rig.settle().operations() == {"deleted": 21}


@needs_limits
def test_watches_that_are_free_again_are_taken(watch: Watch, folder: Path) -> None:
    fill(folder, 40, 1)
    rig = watch(folder, prefix=limited(watches=30))
    assert rig.state["state"] == "degraded"
    assert rig.process is not None
    (folder / "a39/b/c/f0").write_text("one\ntwo\nthree\n")
    set_limits(rig.process.pid, watches=1000)
    rig.send("rescan", "requested")
    rig.wait_state("watching")
    new = [f"a{number}/b/c/new" for number in range(40)]
    assert rig.settle().brief() == [("modified", "a39/b/c/f0", 1, 0)]
    for number in range(40):
        (folder / f"a{number}/b/c/new").write_text("one\n")
    assert {change.path for change in rig.settle().changes} == set(new)


@needs_limits
def test_no_instance_is_left(watch: Watch, folder: Path) -> None:
    (folder / "a").write_text("one\n")
    rig = watch(folder, prefix=limited(instances=0))
    assert rig.state["state"] == "degraded"
    assert "fs.inotify.max_user_instances" in rig.state["detail"]
    (folder / "a").write_text("one\ntwo\n")
    rig.send("rescan", "suspend")
    rig.wait_for(lambda rig: rig.received.changes)
    assert rig.settle().brief() == [("modified", "a", 1, 0)]


def test_the_folder_is_renamed_and_comes_back(watch: Watch, folder: Path) -> None:
    fill(folder, 2)
    rig = watch(folder)
    elsewhere = folder.with_name("elsewhere")
    folder.rename(elsewhere)
    assert "not there" in rig.wait_state("failed")["detail"]
    (elsewhere / "a0/b/c/f0").write_text("changed elsewhere\n")
    elsewhere.rename(folder)
    rig.wait_state("watching")
    received = rig.settle()
    assert received.brief() == [("modified", "a0/b/c/f0", 1, 2)]
    assert [reason for reason, _, _ in received.rescans] == ["start", "root_changed"]
    (folder / "a1/b/new").write_text("one\n")
    assert rig.settle().brief() == [("created", "a1/b/new", 1, 0)]


def test_the_folder_is_removed_and_made_again(watch: Watch, folder: Path) -> None:
    fill(folder, 1)
    rig = watch(folder)
    shutil.rmtree(folder)
    rig.wait_state("failed")
    rig.wait_for(lambda rig: rig.received.operations() == {"deleted": 20})
    folder.mkdir()
    (folder / "a").write_text("one\n")
    rig.wait_state("watching")
    received = rig.settle()
    assert received.operations() == {"deleted": 20, "created": 1}
    assert set(rig.snapshot) == {"a"}
    (folder / "a").write_text("one\ntwo\n")
    assert rig.settle().brief() == [("modified", "a", 1, 0)]


def test_another_folder_takes_its_place(watch: Watch, folder: Path) -> None:
    (folder / "same").write_text("one\n")
    (folder / "old").write_text("one\n")
    rig = watch(folder)
    folder.rename(folder.with_name("old-folder"))
    folder.mkdir()
    (folder / "same").write_text("one\n")
    (folder / "new").write_text("one\n")
    rig.wait_for(lambda rig: any(reason == "root_changed" for reason, _, _ in rig.received.rescans))
    assert rig.settle().brief() == [("created", "new", 1, 0), ("deleted", "old", 0, 1)]


def test_a_link_in_its_place_is_not_followed(watch: Watch, folder: Path) -> None:
    fill(folder, 1, 1)
    rig = watch(folder)
    elsewhere = folder.with_name("elsewhere")
    folder.rename(elsewhere)
    rig.wait_state("failed")
    folder.symlink_to(elsewhere)
    rig.wait_for(lambda rig: "cannot be read" in rig.state["detail"])
    folder.unlink()
    elsewhere.rename(folder)
    rig.wait_state("watching")
    assert rig.settle().brief() == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_folders_that_cannot_be_read(watch: Watch, folder: Path) -> None:
    fill(folder, 2, 1)
    (folder / "a0").chmod(0)
    rig = watch(folder)
    assert rig.state["state"] == "degraded"
    assert "a0" in rig.state["detail"]
    (folder / "a1/b/c/f0").write_text("one\n")
    assert rig.settle().brief() == [("modified", "a1/b/c/f0", 0, 1)]
    (folder / "a0").chmod(0o755)
    rig.wait_for(lambda rig: "a0/b/c/f0" in rig.snapshot)
    rig.settle()
    (folder / "a0/b/c/f0").write_text("one\n")
    assert rig.settle().brief() == [("modified", "a0/b/c/f0", 0, 1)]
    folder.chmod(0)
    rig.send("rescan", "suspend")
    rig.wait_state("failed")
    folder.chmod(0o755)
    rig.wait_state("watching")
    assert rig.settle().brief() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts")
def test_another_file_system_over_the_folder(watch: Watch, folder: Path) -> None:
    fill(folder, 1)
    rig = watch(folder)
    if subprocess.run(["mount", "-t", "tmpfs", "none", folder], capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        rig.send("heartbeat", 1)
        rig.wait_state("failed")
        (folder / "over").write_text("one\n")
        rig.wait_state("watching")
        rig.settle()
        assert set(rig.snapshot) == {"over"}
    finally:
        subprocess.run(["umount", folder], check=True)
    rig.wait_state("failed")
    rig.wait_state("watching")
    rig.settle()
    assert len(rig.snapshot) == 20
