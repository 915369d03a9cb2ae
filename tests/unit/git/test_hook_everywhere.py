"""Hooks for every repository: the list that a shell reads, and the refusal of a git that has no such hooks."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from obsd.errors import Unavailable
from obsd.git import hook_config, hook_everywhere
from obsd.git.hook_everywhere import Listed

NAMES = ("plain", "two words", "it's", "a\nline", "$(touch gone)", "*", "back\\slash", "ümlaut", "\udce9", "')exit")
SHELLS = [name for name in ("dash", "bash", "busybox", "ksh", "zsh") if shutil.which(name)]


def _spool(folder: Path) -> Path:
    """A spool whose script says that it ran, with its arguments."""
    spool = folder / "the user's spool"
    (spool / hook_everywhere.SCRIPTS).mkdir(parents=True)
    script = spool / hook_everywhere.SCRIPTS / "post-merge"
    script.write_text("#!/bin/sh\nprintf 'ran %s' \"$*\"\n")
    script.chmod(0o755)
    return spool


def _run(shell: str, spool: Path, folder: Path) -> str:
    """What git would see of the hook in a folder; run-command.c appends the arguments in this way."""
    start = [shell, "sh"] if shell == "busybox" else [shell]
    text = hook_everywhere.command("post-merge", spool) + ' "$@"'
    return subprocess.run(
        [*start, "-c", text, "obsd", "1"], cwd=folder, capture_output=True, check=True, text=True
    ).stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_only_listed_working_trees_run_the_script(tmp_path: Path, shell: str) -> None:
    spool = _spool(tmp_path)
    folders = [tmp_path / name for name in NAMES]
    for folder in folders:
        folder.mkdir()
    for listed in folders:
        hook_everywhere.write_list(spool, Listed([str(listed)]))
        ran = [folder for folder in folders if _run(shell, spool, folder) == "ran 1"]
        assert ran == [listed]
    hook_everywhere.write_list(spool, Listed(map(str, folders)))  # type: ignore[arg-type]
    assert all(_run(shell, spool, folder) == "ran 1" for folder in folders)
    assert not (tmp_path / "gone").exists()


def test_a_link_to_a_working_tree_is_that_tree(tmp_path: Path) -> None:
    spool = _spool(tmp_path)
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    hook_everywhere.write_list(spool, Listed([str(tmp_path / "real")]))
    assert _run("sh", spool, tmp_path / "link") == "ran 1"


def test_folders_and_what_is_silent_in_them(tmp_path: Path) -> None:
    spool = _spool(tmp_path)
    for name in ("src/new", "src/known", "srcs"):
        (tmp_path / name).mkdir(parents=True)
    hook_everywhere.write_list(spool, Listed((), [str(tmp_path / "src/known")], [str(tmp_path / "src")]))
    outcomes = {name: _run("sh", spool, tmp_path / name) for name in ("src/new", "src/known", "srcs", "src")}
    assert outcomes == {"src/new": "ran 1", "src/known": "", "srcs": "", "src": ""}


def test_without_a_list_or_a_script_nothing_happens(tmp_path: Path) -> None:
    spool = _spool(tmp_path)
    assert _run("sh", spool, tmp_path) == ""
    assert hook_everywhere.write_list(spool, Listed([str(tmp_path)]))
    assert not hook_everywhere.write_list(spool, Listed([str(tmp_path)]))
    shutil.rmtree(spool / hook_everywhere.SCRIPTS)
    assert _run("sh", spool, tmp_path) == ""


def test_an_older_git_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook_config, "version", lambda: "git version 2.53.0")
    with pytest.raises(Unavailable) as refused:
        hook_everywhere.install(Path("/usr/bin/obsctl"), tmp_path)
    assert refused.value.reason == "git_too_old"
    assert "git version 2.53.0 runs no hooks of its configuration" in refused.value.message
    assert "`obsctl hooks install`" in refused.value.hint
    assert list(tmp_path.iterdir()) == []
