"""A name that is created and then renamed over another is one save of that other, however long it took."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.watching.watcher_rig import WatcherRig
from tests.support import Repository

Watch = Callable[..., WatcherRig]

TEMPORARY = [
    "prog.py.tmp.4711.0123456789ab",
    ".prog.py.0123456789ab.tmp",
    ".prog.py.Xa12Bc",
    "prog.py.tmp",
    "prog.py.new",
    "tmpab12cd_8",
    ".syncthing.prog.py.tmp",
    "prog.py.2843920113",
    "prog.py.download",
    "_prog.py",
    ".tmp-prog.py-12345",
]


@pytest.mark.parametrize("name", TEMPORARY)
def test_a_temporary_file_that_lives_long_is_one_save(watch: Watch, folder: Path, name: str) -> None:
    (folder / "prog.py").write_text("a\nb\n")
    rig = watch(folder)
    (folder / name).write_text("a\n")
    assert rig.settle().brief() == []
    with open(folder / name, "a") as file:
        file.write("b\nc\n")
    rig.send("rescan", "suspend")
    rig.wait_for(lambda rig: any(reason == "suspend" for reason, _, _ in rig.received.rescans))
    assert rig.settle().brief() == []
    (folder / name).rename(folder / "prog.py")
    assert rig.settle().brief() == [("modified", "prog.py", 1, 0)]
    assert set(rig.snapshot) == {"prog.py"}


def test_a_new_file_by_a_temporary_one_is_created_once(watch: Watch, folder: Path) -> None:
    rig = watch(folder)
    (folder / ".new.0123456789ab.tmp").write_text("a\n")
    assert rig.settle().brief() == []
    (folder / ".new.0123456789ab.tmp").rename(folder / "new")
    assert rig.settle().brief() == [("created", "new", 1, 0)]


def test_a_file_that_only_looked_temporary_counts_in_the_end(watch: Watch, folder: Path) -> None:
    (folder / "stays").write_text("a\n")
    rig = watch(folder)
    (folder / "stays.tmp").write_text("a\n")
    assert rig.settle().brief() == []
    rig.wait_for(lambda rig: rig.received.changes)
    assert rig.settle().brief() == [("created", "stays.tmp", 1, 0)]


def test_a_temporary_file_that_is_given_up_is_nothing(watch: Watch, folder: Path) -> None:
    (folder / "prog.py").write_text("a\n")
    rig = watch(folder)
    (folder / "prog.py.part").write_text("a\n")
    assert rig.settle().brief() == []
    (folder / "prog.py.part").unlink()
    assert rig.settle().brief() == []


@pytest.mark.parametrize("ending", ["~", "___jb_old___"])
def test_a_file_that_is_moved_aside_while_it_is_written_anew_is_one_save(
    watch: Watch, folder: Path, ending: str
) -> None:
    file, backup = folder / "prog.py", folder / f"prog.py{ending}"
    file.write_text("a\nb\n")
    rig = watch(folder)
    for count in (3, 4):
        file.rename(backup)
        assert rig.settle().brief() == []
        rig.send("rescan", "suspend")
        rig.wait_for(lambda rig: any(reason == "suspend" for reason, _, _ in rig.received.rescans))
        assert rig.settle().brief() == []
        file.write_text("a\nb\n" + "c\n" * (count - 2))
        backup.unlink()
        assert rig.settle().brief() == [("modified", "prog.py", 1, 0)]


def test_a_file_that_was_moved_to_its_backups_name_for_good_is_deleted_in_the_end(watch: Watch, folder: Path) -> None:
    (folder / "prog.py").write_text("a\nb\n")
    rig = watch(folder)
    (folder / "prog.py").rename(folder / "prog.py~")
    assert rig.settle().brief() == []
    rig.wait_for(lambda rig: rig.received.changes)
    assert rig.settle().brief() == [("deleted", "prog.py", 0, 2)]


def test_a_file_that_is_removed_beside_an_old_backup_is_deleted_at_once(watch: Watch, folder: Path) -> None:
    (folder / "prog.py").write_text("a\nb\n")
    (folder / "prog.py~").write_text("a\n")
    rig = watch(folder)
    (folder / "prog.py").unlink()
    assert rig.settle().brief() == [("deleted", "prog.py", 0, 2)]


def test_a_tracked_file_of_a_temporary_name_counts(watch: Watch, repository: Repository) -> None:
    repository.write("prog.py.tmp.1.2", "one\n")
    repository.git("add", "-f", "prog.py.tmp.1.2")
    repository.git("commit", "-q", "-m", "feat: track it")
    rig = watch(repository.path)
    repository.write("prog.py.tmp.1.2", "one\ntwo\n")
    assert rig.settle().brief() == [("modified", "prog.py.tmp.1.2", 1, 0)]


def test_a_real_rsync_that_takes_its_time(watch: Watch, folder: Path, short_tmp: Path) -> None:
    if shutil.which("rsync") is None:
        pytest.skip("rsync is not installed: apt install rsync")
    (folder / "big").write_text("x\n")
    source = short_tmp / "source"
    source.mkdir()
    (source / "big").write_text("".join(f"line {number}\n" for number in range(40_000)))
    rig = watch(folder)
    subprocess.run(["rsync", "--bwlimit=400", str(source / "big"), f"{folder}/"], check=True)
    assert rig.settle().brief() == [("modified", "big", 40_000, 1)]


def test_jupyters_save_and_its_checkpoint(watch: Watch, folder: Path) -> None:
    (folder / "note.ipynb").write_text("1\n")
    rig = watch(folder)
    (folder / "note.ipynb").rename(folder / ".~note.ipynb")
    shutil.copy(folder / ".~note.ipynb", folder / "note.ipynb")
    (folder / "note.ipynb").write_text("2\n")
    (folder / ".~note.ipynb").unlink()
    (folder / ".ipynb_checkpoints").mkdir()
    shutil.copy(folder / "note.ipynb", folder / ".ipynb_checkpoints/note-checkpoint.ipynb")
    assert rig.settle().brief() == [("modified", "note.ipynb", 1, 1)]


def test_git_mergetool_is_one_edit(watch: Watch, repository: Repository) -> None:
    git = repository.git
    for branch, text in (("main", "one\ntwo\n"), ("side", "one\nside\n"), ("main", "one\nmain\n")):
        git("checkout", "-q", branch if branch == "main" else "-b", *([] if branch == "main" else [branch]))
        repository.write("a.txt", text)
        repository.commit(f"feat: {branch} has {len(text)}")
    git("config", "mergetool.slow.cmd", 'sleep 0.3; printf "one\\nboth\\n" >"$MERGED"')
    git("config", "mergetool.slow.trustExitCode", "true")
    rig = watch(repository.path)
    with pytest.raises(AssertionError):
        git("merge", "-q", "side")
    assert rig.settle().brief() == []
    git("mergetool", "--no-prompt", "--tool=slow", "a.txt")
    assert [change[:2] for change in rig.settle().brief()] == [("modified", "a.txt")]
