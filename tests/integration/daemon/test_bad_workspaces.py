"""Folders that cannot be registered, and names that cannot be given: a clear error, and the daemon goes on."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import Daemon, Repository, Result


def assert_refused(daemon: Daemon, result: Result, code: int = 1) -> None:
    """It failed as an expected error does, and left nothing registered behind."""
    assert result.code == code, f"{result}\nlog: {daemon.log}"
    assert "hint: " in result.stderr
    assert "Traceback" not in result.stderr + daemon.log
    assert daemon.process is not None
    assert daemon.process.poll() is None


def test_a_path_that_is_no_folder(obsd_daemon: Daemon, short_tmp: Path) -> None:
    (short_tmp / "file").write_text("")
    (short_tmp / "dangling").symlink_to("nowhere")
    for name in ("missing", "file", "dangling", "file/below"):
        assert_refused(obsd_daemon, obsd_daemon.obsctl("add-workspace", str(short_tmp / name)))
    assert_refused(obsd_daemon, obsd_daemon.obsctl("add-workspace", ""), code=2)
    assert obsd_daemon.json("workspaces")["workspaces"] == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_must_not_be_read(obsd_daemon: Daemon, short_tmp: Path) -> None:
    closed = short_tmp / "closed"
    closed.mkdir(mode=0o000)
    assert_refused(obsd_daemon, obsd_daemon.obsctl("add-workspace", str(closed)), code=77)


def test_the_same_again_is_no_error(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "w")
    again = obsd_daemon.obsctl("add-workspace", str(repository.path), "--name", "w")
    assert again.code == 0, again
    link = repository.path.parent / "link"
    link.symlink_to(repository.path)
    assert obsd_daemon.obsctl("add-workspace", str(link), "--name", "w").code == 0
    assert_refused(obsd_daemon, obsd_daemon.obsctl("add-workspace", str(repository.path), "--name", "other"))
    assert [one["name"] for one in obsd_daemon.json("workspaces")["workspaces"]] == ["w"]


def test_folders_in_one_another(obsd_daemon: Daemon, short_tmp: Path) -> None:
    inner = short_tmp / "a" / "b" / "c"
    inner.mkdir(parents=True)
    obsd_daemon.add(inner.parent, "w")
    for folder in (inner, inner.parent.parent, short_tmp):
        assert_refused(obsd_daemon, obsd_daemon.obsctl("add-workspace", str(folder)))


def test_a_repository_inside_counts_by_itself(
    obsd_daemon: Daemon, make_repository: Callable[[str], Repository]
) -> None:
    outer = make_repository("outer")
    inner = Repository(outer.path / "inner", outer.environment)
    obsd_daemon.add(outer.path, "outer")
    obsd_daemon.add(inner.path, "inner")
    inner.write("a.py", "x = 1\n")
    outer.write("b.py", "x = 1\n")
    obsd_daemon.settle("outer")
    obsd_daemon.settle("inner")
    samples = obsd_daemon.scrape()
    for workspace in ("outer", "inner"):
        assert samples.sum("copilot_files_modified_total", workspace=workspace) == 1


@pytest.mark.parametrize("name", ["-a", ".a", "a b", "a/b", "a" * 65, "a\nb", "*"])
def test_a_name_that_is_none(obsd_daemon: Daemon, short_tmp: Path, name: str) -> None:
    assert_refused(obsd_daemon, obsd_daemon.obsctl("add-workspace", str(short_tmp), f"--name={name}"))


def test_a_name_that_is_taken(obsd_daemon: Daemon, make_repository: Callable[[str], Repository]) -> None:
    first, second = make_repository("one"), make_repository("two")
    obsd_daemon.add(first.path, "w")
    assert_refused(obsd_daemon, obsd_daemon.obsctl("add-workspace", str(second.path), "--name", "w"))
    # Its own folder's name is made unique when none is asked for.
    for parent in ("x", "y"):
        folder = second.path.parent / parent / "same"
        folder.mkdir(parents=True)
        assert obsd_daemon.obsctl("add-workspace", str(folder)).code == 0
    names = [one["name"] for one in obsd_daemon.json("workspaces")["workspaces"]]
    assert len(set(names)) == 3
    assert all(name.startswith("same") for name in names if name != "w")


def test_what_is_not_registered_is_exit_4(obsd_daemon: Daemon, short_tmp: Path) -> None:
    for arguments in (
        ["remove-workspace", "nobody"],
        ["remove-workspace", str(short_tmp)],
        ["commits", "--workspace", "nobody"],
        ["sessions", "--workspace", "nobody"],
        ["wait", "--settled", "nobody"],
        ["tail", "--workspace", "nobody"],
    ):
        assert_refused(obsd_daemon, obsd_daemon.obsctl(*arguments), code=4)


def test_a_plain_folder_is_a_workspace_too(obsd_daemon: Daemon, short_tmp: Path) -> None:
    folder = short_tmp / "notes"
    folder.mkdir()
    obsd_daemon.add(folder, "notes")
    (folder / "a.md").write_text("one\n")
    obsd_daemon.settle("notes")
    samples = obsd_daemon.scrape()
    assert samples.sum("copilot_files_modified_total", workspace="notes", operation="created") == 1
    assert obsd_daemon.json("workspaces")["workspaces"][0]["hooks"] == "absent"
    assert list(folder.iterdir()) == [folder / "a.md"]
