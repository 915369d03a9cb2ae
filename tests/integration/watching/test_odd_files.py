"""Links, pipes and names of any bytes: what counts, and what must not be watched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.integration.watching.watched_folders import files, fill, watched
from tests.integration.watching.watcher_rig import WatcherRig

Watch = Callable[..., WatcherRig]


def test_links_are_never_followed(watch: Watch, folder: Path) -> None:
    outside = folder.parent / "outside"
    fill(outside, 1)
    (folder / "before").symlink_to(outside)
    rig = watch(folder)
    assert watched(rig) == 1
    (folder / "to-folder").symlink_to(outside)
    (folder / "to-file").symlink_to(outside / "a0/b/c/f0")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "loop").symlink_to(".")
    (folder / "deep").mkdir()
    (folder / "deep/link").symlink_to(outside)
    assert rig.settle().brief() == []
    (outside / "a0/b/c/f0").write_text("changed outside\n")
    (outside / "new").write_text("new outside\n")
    (folder / "to-folder/through").write_text("through the link\n")
    assert rig.settle().brief() == []
    assert watched(rig) == 2
    assert rig.snapshot == {}


def test_a_folder_replaced_by_a_link_is_left(watch: Watch, folder: Path) -> None:
    fill(folder, 1)
    outside = folder.parent / "outside"
    rig = watch(folder)
    (folder / "a0").rename(outside)
    (folder / "a0").symlink_to(outside)
    assert rig.settle().operations() == {"deleted": 20}
    (outside / "b/c/f0").write_text("outside\n")
    assert rig.settle().brief() == []
    assert watched(rig) == 1


def test_a_file_replaced_by_a_link_is_deleted(watch: Watch, folder: Path) -> None:
    (folder / "a").write_text("one\n")
    rig = watch(folder)
    (folder / "a").unlink()
    (folder / "a").symlink_to("/etc/passwd")
    assert rig.settle().brief() == [("deleted", "a", 0, 1)]


def test_hard_links_are_files_of_their_own(watch: Watch, folder: Path) -> None:
    (folder / "a").write_text("one\n")
    rig = watch(folder)
    os.link(folder / "a", folder / "b")
    assert rig.settle().brief() == [("created", "b", 1, 0)]
    outside = folder.parent / "outside"
    os.link(folder / "a", outside)
    (folder / "b").write_text("one\ntwo\n")  # the other name's folder hears nothing of it: inotify(7)
    assert ("modified", "b", 1, 0) in rig.settle().brief()
    (folder / "a").unlink()
    assert [change[:2] for change in rig.settle().brief()] == [("deleted", "a")]


def test_pipes_and_sockets_are_not_files(watch: Watch, folder: Path) -> None:
    os.mkfifo(folder / "before")
    rig = watch(folder)
    os.mkfifo(folder / "pipe")
    (folder / "a").write_text("one\n")
    assert rig.settle().brief() == [("created", "a", 1, 0)]


HOSTILE = [
    b"new\nline",
    b"spaces  and\ttabs ",
    b" leading",
    b"-rf",
    b"quote'\"`$(x)",
    b"back\\slash",
    b"glob*?[a]!",
    b"n" * 255,
    "ü€𝄞".encode(),
    b"not utf-8 \xff\xfe",
    b"\x01\x1b[31m",
    "\u202egnp.exe".encode(),
    b"...",
    b"#hash",
    b"!bang",
]


def test_names_of_any_bytes(watch: Watch, folder: Path) -> None:
    rig = watch(folder)
    root = os.fsencode(folder)
    for name in HOSTILE:
        path = os.path.join(root, name)
        os.mkdir(path + b"d" if len(name) < 255 else os.path.join(root, b"m" * 255))
        with open(path, "wb") as file:
            file.write(b"one\n")
    expected = sorted(("created", os.fsdecode(name), 1, 0) for name in HOSTILE)
    assert rig.settle().brief() == expected
    assert watched(rig) == len(HOSTILE) + 1
    for name in HOSTILE:
        inside = name + b"d" if len(name) < 255 else b"m" * 255
        os.rename(os.path.join(root, name), os.path.join(root, inside, name))
    received = rig.settle()
    assert received.operations() == {"renamed": len(HOSTILE)}
    assert set(rig.snapshot) == files(folder)
    shutil.rmtree(folder)
    rig.wait_state("failed")


def test_the_deepest_path_that_can_be(watch: Watch, folder: Path) -> None:
    rig = watch(folder)
    here = folder
    for _ in range(15):
        here = here / ("d" * 250)
    here.mkdir(parents=True)
    (here / "f").write_text("one\n")
    assert [change[0] for change in rig.settle().brief()] == ["created"]
    shutil.rmtree(folder / ("d" * 250))
    assert [change[0] for change in rig.settle().brief()] == ["deleted"]
