"""Folders and files that are made, moved and removed, with all that is in them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.watching.watched_folders import files, fill, watched
from tests.integration.watching.watcher_rig import WatcherRig

Watch = Callable[..., WatcherRig]


def test_deep_new_folders_written_at_once(watch: Watch, folder: Path) -> None:
    rig = watch(folder)
    fill(folder)
    received = rig.settle()
    assert received.operations() == {"created": 400}
    assert sum(change.added or 0 for change in received.changes) == 800
    assert set(rig.snapshot) == files(folder)
    assert watched(rig) == 61


def test_every_file_of_a_removed_folder_is_deleted(watch: Watch, folder: Path) -> None:
    fill(folder)
    rig = watch(folder)
    shutil.rmtree(folder / "a3")
    received = rig.settle()
    assert received.operations() == {"deleted": 20}
    assert {(change.added, change.removed) for change in received.changes} == {(0, 2)}
    assert set(rig.snapshot) == files(folder)
    assert watched(rig) == 58


def test_a_folder_removed_and_made_again(watch: Watch, folder: Path) -> None:
    fill(folder, 1)
    rig = watch(folder, settle_seconds=0.3)
    shutil.rmtree(folder / "a0")
    (folder / "a0/b/c").mkdir(parents=True)
    (folder / "a0/b/c/f0").write_text("one\ntwo\nthree\n")
    (folder / "a0/b/c/f1").write_text("one\ntwo\n")
    (folder / "a0/b/new").write_text("new\n")
    received = rig.settle()
    assert received.operations() == {"deleted": 18, "modified": 1, "created": 1}
    assert set(rig.snapshot) == files(folder)


def test_a_folder_moved_in_is_created_and_moved_out_deleted(watch: Watch, folder: Path) -> None:
    outside = folder.parent / "outside"
    fill(outside / "deep", 3)
    rig = watch(folder)
    (outside / "deep").rename(folder / "deep")
    assert rig.settle().operations() == {"created": 60}
    assert watched(rig) == 11
    (folder / "deep").rename(outside / "deep")
    assert rig.settle().operations() == {"deleted": 60}
    assert watched(rig) == 1
    (outside / "deep/a0/b/c/f0").write_text("not ours any more\n")
    (outside / "deep/new").write_text("nor this\n")
    assert rig.settle().brief() == []


def test_a_folder_moved_inside_renames_what_is_in_it(watch: Watch, folder: Path) -> None:
    fill(folder, 2)
    rig = watch(folder)
    (folder / "a0").rename(folder / "z")
    received = rig.settle()
    assert received.operations() == {"renamed": 20}
    renames = {(change.path, change.previous) for change in received.changes}
    assert renames == {(f"z/b/c/f{n}", f"a0/b/c/f{n}") for n in range(20)}
    assert {(c.added, c.removed) for c in received.changes} == {(0, 0)}
    (folder / "z/b/c/f1").write_text("1\n")
    assert rig.settle().brief() == [("modified", "z/b/c/f1", 1, 2)]
    assert set(rig.snapshot) == files(folder)


def test_a_folder_moved_twice_is_renamed_once(watch: Watch, folder: Path) -> None:
    fill(folder, 1)
    (folder / "other").mkdir()
    rig = watch(folder, settle_seconds=0.3)
    (folder / "a0").rename(folder / "y")
    (folder / "y").rename(folder / "other/z")
    received = rig.settle()
    assert received.operations() == {"renamed": 20}
    renames = {(change.path, change.previous) for change in received.changes}
    assert renames == {(f"other/z/b/c/f{n}", f"a0/b/c/f{n}") for n in range(20)}


def test_a_folder_moved_and_written_at_once(watch: Watch, folder: Path) -> None:
    fill(folder, 1)
    rig = watch(folder, settle_seconds=0.3)
    (folder / "a0").rename(folder / "z")
    (folder / "z/b/c/f1").write_text("1\n")
    (folder / "z/b/c/f2").unlink()
    (folder / "z/b/new").write_text("new\n")
    received = rig.settle()
    assert received.operations() == {"renamed": 19, "deleted": 1, "created": 1}
    written = sorted((c.path, c.added, c.removed) for c in received.changes if c.added)
    assert written == [("z/b/c/f1", 1, 2), ("z/b/new", 1, 0)]


def test_two_folders_change_places(watch: Watch, folder: Path) -> None:
    for name in "ab":
        (folder / name).mkdir()
        (folder / name / "same").write_text(f"{name}\n")
        (folder / name / f"only-{name}").write_text("x\n")
    rig = watch(folder, settle_seconds=0.3)
    (folder / "a").rename(folder / "t")
    (folder / "b").rename(folder / "a")
    (folder / "t").rename(folder / "b")
    received = rig.settle()
    assert set(rig.snapshot) == files(folder)
    assert {c.path for c in received.changes} >= {"a/same", "b/same", "a/only-b", "b/only-a"}


def test_a_file_moved_over_another(watch: Watch, folder: Path) -> None:
    (folder / "a").write_text("one\n")
    (folder / "b").write_text("two\nthree\n")
    rig = watch(folder)
    (folder / "a").rename(folder / "b")
    assert rig.settle().brief() == [("deleted", "a", 0, 1), ("modified", "b", 1, 2)]


def test_a_file_becomes_a_folder_and_back(watch: Watch, folder: Path) -> None:
    (folder / "a").write_text("one\n")
    rig = watch(folder)
    (folder / "a").unlink()
    (folder / "a").mkdir()
    (folder / "a/b").write_text("two\n")
    assert rig.settle().brief() == [("created", "a/b", 1, 0), ("deleted", "a", 0, 1)]
    shutil.rmtree(folder / "a")
    (folder / "a").write_text("three\n")
    assert rig.settle().brief() == [("created", "a", 1, 0), ("deleted", "a/b", 0, 1)]
    assert set(rig.snapshot) == {"a"}


def test_moving_a_file_is_renaming_it(watch: Watch, folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "a").write_text("one\ntwo\n")
    rig = watch(folder, settle_seconds=0.3)
    (folder / "a").rename(folder / "b")
    received = rig.settle()
    assert [(c.operation, c.path, c.previous, c.added) for c in received.changes] == [("renamed", "b", "a", 0)]
    (folder / "b").rename(folder / "c")
    (folder / "c").rename(folder / "sub/d")
    with (folder / "sub/d").open("a") as file:
        file.write("three\n")
    received = rig.settle()
    assert [(c.operation, c.path, c.previous, c.added) for c in received.changes] == [("renamed", "sub/d", "b", 1)]


def test_moving_files_into_a_folder_made_for_them(watch: Watch, folder: Path) -> None:
    for name in "abc":
        (folder / name).write_text(f"{name}\n")
    rig = watch(folder, settle_seconds=0.3)
    (folder / "new/deep").mkdir(parents=True)
    (folder / "a").rename(folder / "new/a")
    (folder / "b").rename(folder / "new/deep/b")
    (folder / "c").rename(folder / "c2")
    (folder / "c2").rename(folder / "new/deep/c")
    received = rig.settle()
    assert {(c.operation, c.path, c.previous) for c in received.changes} == {
        ("renamed", "new/a", "a"),
        ("renamed", "new/deep/b", "b"),
        ("renamed", "new/deep/c", "c"),
    }


def test_moving_a_file_out_of_a_folder_that_was_moved(watch: Watch, folder: Path) -> None:
    fill(folder, 1, 3)
    rig = watch(folder, settle_seconds=0.3)
    (folder / "a0").rename(folder / "z")
    (folder / "z/b/c/f0").rename(folder / "top")
    received = rig.settle()
    assert {(c.operation, c.path, c.previous) for c in received.changes} == {
        ("renamed", "top", "a0/b/c/f0"),
        ("renamed", "z/b/c/f1", "a0/b/c/f1"),
        ("renamed", "z/b/c/f2", "a0/b/c/f2"),
    }


def test_moving_there_and_back_is_no_change(watch: Watch, folder: Path) -> None:
    (folder / "a").write_text("one\n")
    rig = watch(folder, settle_seconds=0.3)
    (folder / "a").rename(folder / "b")
    (folder / "b").rename(folder / "a")
    assert rig.settle().brief() == []


def test_a_file_moved_in_is_created_and_moved_out_deleted(watch: Watch, folder: Path) -> None:
    outside = folder.parent / "outside"
    outside.write_text("one\n")
    rig = watch(folder)
    outside.rename(folder / "a")
    assert rig.settle().brief() == [("created", "a", 1, 0)]
    (folder / "a").rename(outside)
    assert rig.settle().brief() == [("deleted", "a", 0, 1)]


@pytest.mark.parametrize("deed", ["touch", "chmod", "both"])
def test_a_folder_whose_own_mode_or_time_changes_counts_on(watch: Watch, folder: Path, deed: str) -> None:
    """Its own event has no name (inotify(7)): `touch`, `chmod`, `tar -x`, `cp -a`, `rsync -a`."""
    fill(folder, 1)
    rig = watch(folder)
    for place in ("a0", "a0/b/c", "."):
        if deed != "chmod":
            os.utime(folder / place)
        if deed != "touch":
            (folder / place).chmod(0o700)
    rig.settle()
    (folder / "a0/b/c/f0").write_text("one\ntwo\nthree\n")
    (folder / "a0/new").write_text("one\n")
    assert rig.settle().brief() == [("created", "a0/new", 1, 0), ("modified", "a0/b/c/f0", 1, 0)]
    assert watched(rig) == 4
    shutil.rmtree(folder / "a0")
    assert rig.settle().operations() == {"deleted": 21}
    assert watched(rig) == 1


def test_unpacking_an_archive_counts_every_file(watch: Watch, folder: Path, short_tmp: Path) -> None:
    fill(short_tmp / "made", 10)
    archive = short_tmp / "made.tar"
    subprocess.run(["tar", "-C", str(short_tmp / "made"), "-cf", str(archive), "."], check=True)
    rig = watch(folder)
    subprocess.run(["tar", "-C", str(folder), "-xf", str(archive)], check=True)
    rig.settle()
    for file in sorted(files(folder)):
        (folder / file).write_text("other\n")
    assert rig.settle().operations() == {"modified": 200}
