"""Real programs that write files through git, where they are installed: git-crypt and lint-staged."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.watching.watched_branches import WatchedBranches, text
from tests.integration.watching.watcher_rig import WatcherRig
from tests.support import Repository

Watch = Callable[..., WatcherRig]


@pytest.mark.skipif(shutil.which("git-crypt") is None, reason="git-crypt is not installed: apt install git-crypt")
def test_git_crypt(watch: Watch, repository: Repository, tmp_path: Path) -> None:
    """What it locks and unlocks is git's; what somebody writes into an unlocked file is an edit."""

    def crypt(*words: str) -> None:
        command = ["git-crypt", *words]
        subprocess.run(command, cwd=repository.path, env=repository.environment, check=True, capture_output=True)

    crypt("init")
    repository.write(".gitattributes", "secret filter=git-crypt diff=git-crypt\n")
    repository.write("secret", "one\ntwo\n")
    repository.write("plain", "one\n")
    repository.commit("feat: a secret and what is none")
    rig = watch(repository.path)
    crypt("export-key", str(tmp_path / "key"))
    crypt("lock")
    received = rig.settle()
    assert (received.brief(), received.git.total(), received.discards) == ([], 1, {})
    assert (repository.path / "secret").read_bytes().startswith(b"\0GITCRYPT\0")
    crypt("unlock", str(tmp_path / "key"))
    received = rig.settle()
    assert (received.brief(), received.git.total(), received.discards) == ([], 1, {})
    repository.write("secret", "one\ntwo\nthree\n")
    assert [(change.operation, change.path) for change in rig.settle().changes] == [("modified", "secret")]
    repository.git("commit", "-qam", "feat: a longer secret")
    assert rig.settle().brief() == []


@pytest.mark.skipif(shutil.which("lint-staged") is None, reason="lint-staged is not installed: npm i -g lint-staged")
def test_lint_staged(branches: WatchedBranches) -> None:
    """What it hides and brings back is nobody's edit; what its task writes is one."""
    repository = branches.repository
    # `sed -i` writes another file and renames it, as formatters do.
    repository.write("package.json", json.dumps({"lint-staged": {"f0.txt": "sed -i s/staged/linted/"}}))
    hook = repository.path / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexec lint-staged\n")
    hook.chmod(0o755)
    repository.git("add", "package.json")
    repository.write("f0.txt", "staged\n" + text(0))
    repository.git("add", "f0.txt")
    assert branches.received().operations() == {"created": 1, "modified": 1}
    repository.write("f0.txt", "staged\n" + text(0) + "not staged\n")
    repository.write("f1.txt", text(1) + "not staged\n")
    assert branches.received().operations() == {"modified": 2}
    repository.git("commit", "-q", "-m", "feat: what was staged")
    received = branches.received()
    assert repository.git("show", "HEAD:f0.txt") == ("linted\n" + text(0)).strip()
    assert (repository.path / "f0.txt").read_text() == "linted\n" + text(0) + "not staged\n"
    assert (repository.path / "f1.txt").read_text() == text(1) + "not staged\n"
    # What is seen between the steps depends on the machine: the hidden line comes back with the task's, or after it.
    assert {change.path for change in received.changes} == {"f0.txt"}
    lines = [(change.added, change.removed) for change in received.changes]
    assert sorted(lines) in ([(1, 1)], [(2, 1)], [(1, 0), (1, 1)])
