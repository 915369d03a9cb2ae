"""Hooks in real repositories: put there, run by git, and taken away without a trace."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from obsd.agents.table import AgentTable
from obsd.config_sections import AgentConfig
from obsd.errors import NotPermitted
from obsd.git import hook_install, hook_probe, spool
from obsd.git.hook_report import HOOKS
from tests.integration.hooks.hook_rig import OBSCTL, reported, tree, write_hook
from tests.support import Repository


@pytest.fixture
def spool_dir(short_tmp: Path) -> Path:
    folder = short_tmp / 'it\'s a "spool" $HOME'
    spool.prepare(folder)
    return folder


def test_every_hook_reports(repository: Repository, spool_dir: Path) -> None:
    assert {change.action for change in hook_install.install(repository.path, OBSCTL, spool_dir)} == {"written"}
    assert hook_install.state(repository.path).state == "installed"
    assert hook_install.install(repository.path, OBSCTL, spool_dir) == []
    repository.write("a.txt", "1\n")
    commit = repository.commit("feat: a", CLAUDECODE="yes, with a secret", CLAUDE_CODE_SESSION_ID="s-1", HOME="/x")
    (report,) = [item.report for item in spool.read(spool_dir)]
    assert (report.commit_id, report.branch) == (commit, "refs/heads/main")
    assert report.worktree == str(repository.path)
    assert dict(report.marks) == {"CLAUDECODE": "1", "CLAUDE_CODE_SESSION_ID": "s-1"}
    assert next(one.name for one in report.ancestors) == "git"
    assert os.getpid() in [one.pid for one in report.ancestors]
    repository.git("commit", "-q", "--amend", "-m", "feat: b")
    patch = repository.git("format-patch", "-1", "--stdout") + "\n"
    repository.git("reset", "-q", "--hard", "HEAD~1")
    (repository.path.parent / "p").write_text(patch)
    repository.git("am", "-q", str(repository.path.parent / "p"))
    repository.git("checkout", "-q", "-b", "t", "HEAD~1")
    repository.git("merge", "-q", "main")
    assert set(reported(spool_dir)) == set(HOOKS)


def test_nothing_is_left(repository: Repository, spool_dir: Path) -> None:
    before = tree(repository.path / ".git")
    hook_install.install(repository.path, OBSCTL, spool_dir)
    hook_install.uninstall(repository.path)
    assert tree(repository.path / ".git") == before
    assert hook_install.uninstall(repository.path) == []
    assert hook_install.state(repository.path).state == "absent"


def test_linked_worktrees_submodules_and_bare_layouts(
    repository: Repository, make_repository: Callable[[str], Repository], spool_dir: Path
) -> None:
    bare = repository.path.parent / "bare.git"
    repository.git("clone", "-q", "--bare", str(repository.path), str(bare))
    repository.git("-C", str(bare), "worktree", "add", "-q", str(bare.parent / "tree"), "-b", "work")
    repository.git("worktree", "add", "-q", str(repository.path.parent / "linked"))
    outer = make_repository("outer")
    outer.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(repository.path), "sub")
    outer.commit("feat: a submodule")
    for path in (repository.path.parent / "linked", bare.parent / "tree", outer.path / "sub"):
        hook_install.install(path, OBSCTL, spool_dir)
        assert hook_install.state(path).state == "installed"
        identity = ("-c", "user.name=A", "-c", "user.email=a@b")
        repository.git("-C", str(path), *identity, "commit", "-q", "--allow-empty", "-m", "feat: x")
        (item,) = spool.read(spool_dir)
        assert item.report.worktree == str(path)
        assert item.report.commit_id == repository.git("-C", str(path), "rev-parse", "HEAD")
        spool.remove([item])
    assert hook_install.state(repository.path).state == "installed"  # the linked worktree's hooks are the repository's


def test_a_repository_that_was_moved(repository: Repository, spool_dir: Path) -> None:
    write_hook(repository, "post-commit", "#!/bin/sh\n:\n")
    hook_install.install(repository.path, OBSCTL, spool_dir)
    moved = repository.path.parent / "moved with spaces\nand a newline"
    repository.path.rename(moved)
    repository.path = moved
    repository.commit("feat: x")
    (item,) = spool.read(spool_dir)
    assert item.report.worktree == str(moved)


@pytest.mark.parametrize("what", ["missing", "read-only", "a file", "unreadable"])
def test_a_commit_succeeds_whatever_the_spool_is(repository: Repository, spool_dir: Path, what: str) -> None:
    hook_install.install(repository.path, OBSCTL, spool_dir)
    shutil.rmtree(spool_dir)
    if what == "a file":
        spool_dir.write_text("")
    elif what != "missing":
        spool_dir.mkdir(mode=0o500 if what == "read-only" else 0)
    done = subprocess.run(
        ["git", "-C", str(repository.path), "commit", "-q", "--allow-empty", "-m", "feat: x"],
        env=repository.environment,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    if spool_dir.is_dir():
        spool_dir.chmod(0o700)


def test_an_unwritable_hooks_folder_is_an_error(repository: Repository, spool_dir: Path) -> None:
    folder = repository.path / ".git" / "hooks"
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.write_text("in the way")
    with pytest.raises(NotPermitted) as caught:
        hook_install.install(repository.path, OBSCTL, spool_dir)
    assert caught.value.reason == "hooks_unwritable"
    assert caught.value.hint


def test_a_full_spool_gives_its_slots_away(repository: Repository, spool_dir: Path) -> None:
    hook_install.install(repository.path, OBSCTL, spool_dir)
    for slot in range(spool.SLOTS):
        (spool_dir / str(slot)).write_text("")
    commit = repository.commit("feat: x")
    reports = [item.report for item in spool.read(spool_dir)]
    assert [report.commit_id for report in reports] == [commit]
    assert spool.backlog(spool_dir) == spool.SLOTS


@pytest.mark.parametrize("shell", ["dash", "bash --posix", "busybox sh", "ksh", "zsh --emulate sh"])
def test_the_script_in_other_shells(repository: Repository, spool_dir: Path, shell: str) -> None:
    words = shell.split()
    if subprocess.run(["which", words[0]], capture_output=True, check=False).returncode != 0:
        pytest.skip(f"{words[0]} is not installed")
    hook_install.install(repository.path, OBSCTL, spool_dir)
    script = repository.path / ".git" / "hooks" / "post-commit"
    done = subprocess.run([*words, str(script)], cwd=repository.path, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    (item,) = spool.read(spool_dir)
    assert item.report.commit_id == repository.git("rev-parse", "HEAD")


def test_the_script_is_clean(repository: Repository, short_tmp: Path) -> None:
    if subprocess.run(["which", "shellcheck"], capture_output=True, check=False).returncode != 0:
        pytest.skip("shellcheck is not installed")
    write_hook(repository, "post-merge", "#!/usr/bin/env python3\n")
    hook_install.install(repository.path, Path("/usr/bin/obsctl"), short_tmp / "spool")
    for hook in HOOKS:
        script = repository.path / ".git" / "hooks" / hook
        checked = subprocess.run(["shellcheck", "-s", "sh", script], capture_output=True, text=True, check=False)
        assert checked.stdout == ""


@pytest.mark.parametrize("kind", ["alone", "behind python", "in a shell script"])
def test_a_probe_goes_the_way_of_a_report(repository: Repository, spool_dir: Path, short_tmp: Path, kind: str) -> None:
    """A reporter that empties the spool stands for obsctl and the daemon; no other hook runs for it."""
    proof = short_tmp / "ran"
    if kind != "alone":
        shebang = "#!/usr/bin/env python3\nimport os; os.system" if kind == "behind python" else "#!/bin/sh\n: "
        write_hook(
            repository,
            "post-commit",
            f"{shebang}('touch {proof}')\n" if "python" in kind else f"{shebang}\ntouch {proof}\n",
        )
    reporter = short_tmp / "obsctl"
    reporter.write_text('#!/bin/sh\nsleep 0.3\nexec rm -f "$2"/[0-9]*\n')
    reporter.chmod(0o755)
    assert hook_probe.probe(repository.path, spool_dir) == "no script of obsd's is installed"
    hook_install.install(repository.path, reporter, spool_dir)
    assert hook_probe.probe(repository.path, spool_dir) == ""
    reporter.write_text("#!/bin/sh\n")
    assert "no reporter" in hook_probe.probe(repository.path, spool_dir, timeout_seconds=0.1)
    spool_dir.rename(short_tmp / "gone")
    assert "left no report" in hook_probe.probe(repository.path, spool_dir)
    assert not proof.exists()


def test_the_picks_of_a_rebase_say_nothing(repository: Repository, spool_dir: Path) -> None:
    """It runs the hook for each of them; what somebody commits where it stopped is reported as always."""
    for number in range(4):
        repository.write(f"{number}.txt", "x\n")
        repository.commit(f"feat: {number}")
    hook_install.install(repository.path, OBSCTL, spool_dir)
    todo = {"GIT_SEQUENCE_EDITOR": "sed -i -e '2a break'", "GIT_EDITOR": "true"}
    repository.git("rebase", "-q", "-i", "--force-rebase", "HEAD~4", **todo)
    assert reported(spool_dir) == []
    commit = repository.commit("feat: where it stopped")
    assert [item.report.commit_id for item in spool.read(spool_dir)] == [commit]
    repository.git("rebase", "--continue", **todo)
    assert set(reported(spool_dir)) == {"post-commit", "post-rewrite"}


def test_marks_of_ones_own_agents(repository: Repository, spool_dir: Path) -> None:
    table = AgentTable.build([AgentConfig(id="house", env=(("HOUSE_AGENT", None), ("not a name", None)))])
    hook_install.install(repository.path, OBSCTL, spool_dir, table)
    repository.commit("feat: x", HOUSE_AGENT="yes", HOUSE_AGENT_KEY="secret")
    (item,) = spool.read(spool_dir)
    assert dict(item.report.marks) == {"HOUSE_AGENT": "1"}
