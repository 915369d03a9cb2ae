"""Real programs that write files through git, where they are installed: git-crypt, lint-staged, pre-commit."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
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


LINTER = """#!/bin/sh
{pause}
sed -i s/staged/linted/ f0.txt
{pause}
exit {code}
"""
PRE_COMMIT = """
repos:
- repo: local
  hooks:
  - {{id: lint, name: lint, language: system, entry: {linter}, files: f0.txt, pass_filenames: false}}
"""


class Linting:
    """Files with staged and unstaged lines, and a linter that a tool runs for the staged ones before the commit.

    The tool puts what is not staged aside, and brings it back behind the linter.
    """

    def __init__(self, branches: WatchedBranches, folder: Path, pause: str, code: int = 0) -> None:
        self.branches = branches
        self.repository = branches.repository
        self.linter = folder / "linter.sh"
        self.linter.write_text(LINTER.format(pause=pause, code=code))
        self.linter.chmod(0o755)
        self.repository.environment["PRE_COMMIT_HOME"] = str(folder / "pre-commit")

    def runs_before_each_commit(self, command: str) -> None:
        hook = self.repository.path / ".git/hooks/pre-commit"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\nexec {command}\n")
        hook.chmod(0o755)

    def edit(self, partly: bool) -> None:
        """Stages a line of f0, and writes one into f1 that is not staged; `partly`: one into f0, too."""
        self.repository.write("f0.txt", "staged\n" + text(0))
        self.repository.git("add", "f0.txt")
        self.branches.received()
        self.repository.write("f1.txt", text(1) + "not staged\n")
        if partly:
            self.repository.write("f0.txt", "staged\n" + text(0) + "not staged\n")
        assert self.branches.received().operations() == {"modified": 1 + partly}

    def commit(self) -> tuple[int, list[tuple[object, ...]], dict[str, tuple[int, int]]]:
        """Returns git's exit code, all changes, and all discarded work, also what is held until the commit is over."""
        command = ["git", "commit", "-q", "-m", "feat: what was staged"]
        environment = self.repository.environment
        done = subprocess.run(command, cwd=self.repository.path, env=environment, capture_output=True, check=False)
        self.branches.rig.receive(3.0)  # discards are final two seconds behind the commit
        received = self.branches.received()
        return done.returncode, list(received.brief()), received.discards

    def lines(self, name: str) -> list[str]:
        return (self.repository.path / name).read_text().splitlines()


QUICK, SLOW = "", "sleep 0.4"
"""Whether files are compared while the tool is at work: then each of its steps is seen by itself."""


@pytest.mark.skipif(shutil.which("lint-staged") is None, reason="lint-staged is not installed: npm i -g lint-staged")
@pytest.mark.parametrize("options", ["", "--hide-unstaged"])
@pytest.mark.parametrize("pause", [QUICK, SLOW], ids=["quick", "slow"])
@pytest.mark.parametrize("partly", [True, False], ids=["partly", "wholly"])
def test_lint_staged(branches: WatchedBranches, short_tmp: Path, options: str, pause: str, partly: bool) -> None:
    """What the linter wrote is an edit; what the tool hides and brings back is nothing, and nothing is discarded."""
    linting = Linting(branches, short_tmp, pause)
    linting.repository.write("package.json", json.dumps({"lint-staged": {"f0.txt": str(linting.linter)}}))
    linting.repository.git("add", "package.json")
    branches.received()
    linting.runs_before_each_commit(f"lint-staged {options}")
    linting.edit(partly)
    assert linting.commit() == (0, [("modified", "f0.txt", 1, 1)], {})
    assert linting.lines("f0.txt") == ["linted", *text(0).splitlines(), *(["not staged"] if partly else [])]
    assert linting.lines("f1.txt")[-1] == "not staged"
    branches.repository.write("f0.txt", "")
    (change,) = branches.received().changes
    assert (change.added, change.removed) == (0, 4 + partly), "the edit after it is measured against what there was"


@pytest.mark.skipif(shutil.which("lint-staged") is None, reason="lint-staged is not installed: npm i -g lint-staged")
@pytest.mark.parametrize("partly", [True, False], ids=["partly", "wholly"])
def test_lint_staged_takes_back_what_a_linter_wrote_that_fails(
    branches: WatchedBranches, short_tmp: Path, partly: bool
) -> None:
    linting = Linting(branches, short_tmp, SLOW, code=1)
    linting.repository.write("package.json", json.dumps({"lint-staged": {"f0.txt": str(linting.linter)}}))
    linting.repository.git("add", "package.json")
    branches.received()
    linting.runs_before_each_commit("lint-staged")
    linting.edit(partly)
    code, changes, discards = linting.commit()
    assert (code, changes) == (1, [("modified", "f0.txt", 1, 1)])
    assert set(discards) <= {"stash", "reset", "restore"}
    assert sum(files for files, _ in discards.values()) == 1, "the linter's line, and nobody else's"
    assert linting.lines("f0.txt")[0] == "staged"


@pytest.mark.skipif(importlib.util.find_spec("pre_commit") is None, reason="pre-commit is not installed")
@pytest.mark.parametrize("pause", [QUICK, SLOW], ids=["quick", "slow"])
@pytest.mark.parametrize("partly", [True, False], ids=["partly", "wholly"])
def test_pre_commit(branches: WatchedBranches, short_tmp: Path, pause: str, partly: bool) -> None:
    """It stops the commit, for its hook changed a file, and leaves that change beside what was not staged."""
    linting = Linting(branches, short_tmp, pause)
    linting.repository.write(".pre-commit-config.yaml", PRE_COMMIT.format(linter=linting.linter))
    linting.repository.git("add", ".pre-commit-config.yaml")
    branches.received()
    program = f"{sys.executable} -m pre_commit hook-impl --config=.pre-commit-config.yaml"
    linting.runs_before_each_commit(f"{program} --hook-type=pre-commit --hook-dir=.git/hooks --")
    linting.edit(partly)
    assert linting.commit() == (1, [("modified", "f0.txt", 1, 1)], {})
    assert linting.lines("f0.txt") == ["linted", *text(0).splitlines(), *(["not staged"] if partly else [])]
    assert linting.lines("f1.txt")[-1] == "not staged"
