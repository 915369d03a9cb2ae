"""Several file systems in one workspace, and names that differ in letter case alone."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.watching.watcher_rig import WatcherRig

Watch = Callable[..., WatcherRig]


@pytest.fixture
def mount() -> Iterator[Callable[..., None]]:
    """Calls mount(8), whose last argument is the point; undone afterwards."""
    points: list[Path] = []

    def call(*arguments: str | Path) -> None:
        if subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode:
            pytest.skip("such a mount is not possible here")
        points.append(Path(arguments[-1]))

    yield call
    for point in reversed(points):
        subprocess.run(["umount", "-l", point], capture_output=True, check=False)


def test_equal_inodes_of_two_file_systems(watch: Watch, folder: Path, mount: Callable[..., None]) -> None:
    """Where the events of a move are not all seen, inodes say what went where."""
    for name in ("x", "y"):
        (folder / name).mkdir()
        mount("-t", "tmpfs", "none", folder / name)
        (folder / name / "f").write_text(f"{name}\n")
    assert os.stat(folder / "x/f").st_ino == os.stat(folder / "y/f").st_ino
    rig = watch(folder)
    assert rig.process is not None
    rig.process.send_signal(signal.SIGSTOP)
    for name in ("x", "y"):
        (folder / name / "new").mkdir()
    (folder / "x/f").rename(folder / "x/new/f")
    (folder / "y/f").rename(folder / "y/new/f")
    rig.process.send_signal(signal.SIGCONT)
    received = rig.settle()
    assert sorted((c.operation, c.path, c.previous) for c in received.changes) == [
        ("renamed", "x/new/f", "x/f"),
        ("renamed", "y/new/f", "y/f"),
    ]
    rig.process.send_signal(signal.SIGSTOP)
    (folder / "x/new/f").unlink()
    (folder / "y/new/f").rename(folder / "y/f")
    rig.process.send_signal(signal.SIGCONT)
    assert rig.settle().operations() == {"deleted": 1, "renamed": 1}


def test_a_move_to_another_file_system_is_a_copy_and_a_removal(
    watch: Watch, folder: Path, mount: Callable[..., None]
) -> None:
    (folder / "a").write_text("one\n")
    (folder / "other").mkdir()
    mount("-t", "tmpfs", "none", folder / "other")
    rig = watch(folder)
    subprocess.run(["mv", folder / "a", folder / "other/a"], check=True)
    assert rig.settle().operations() == {"created": 1, "deleted": 1}


def test_a_name_that_changes_its_letter_case_alone(watch: Watch, folder: Path, mount: Callable[..., None]) -> None:
    """Where case does not matter both names are the file. A bind mount makes them so on any file system."""
    (folder / "readme").write_text("one\n")
    rig = watch(folder)
    assert rig.process is not None
    rig.process.send_signal(signal.SIGSTOP)
    (folder / "readme").rename(folder / "README")
    (folder / "readme").touch()
    mount("--bind", folder / "README", folder / "readme")
    assert os.path.samefile(folder / "readme", folder / "README")
    rig.process.send_signal(signal.SIGCONT)
    received = rig.settle()
    assert [(c.operation, c.path, c.previous) for c in received.changes] == [("renamed", "README", "readme")]
    assert set(rig.snapshot) == {"README"}


def test_letter_case_on_a_file_system_that_ignores_it(watch: Watch, folder: Path, mount: Callable[..., None]) -> None:
    """Needs a kernel with CONFIG_UNICODE: tmpfs(5), chattr(1)."""
    (folder / "ci").mkdir()
    mount("-t", "tmpfs", "-o", "casefold", "none", folder / "ci")
    (folder / "ci/d").mkdir()
    subprocess.run(["chattr", "+F", folder / "ci/d"], check=True)
    (folder / "ci/d/readme").write_text("one\n")
    rig = watch(folder)
    (folder / "ci/d/readme").rename(folder / "ci/d/README")
    received = rig.settle()
    assert [(c.operation, c.path, c.previous) for c in received.changes] == [("renamed", "ci/d/README", "ci/d/readme")]
    (folder / "ci/d/readme").write_text("one\ntwo\n")
    assert rig.settle().brief() == [("modified", "ci/d/README", 1, 0)]
