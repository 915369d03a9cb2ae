"""Real pre-commit beside obsd's hooks, in both orders."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from obsd.git import hook_install, spool
from tests.integration.hooks.hook_rig import OBSCTL, reported
from tests.support import Repository

pytestmark = pytest.mark.skipif(importlib.util.find_spec("pre_commit") is None, reason="pre-commit is not installed")

CONFIGURATION = """
repos:
- repo: local
  hooks:
  - {id: proof, name: proof, language: system, entry: sh -c 'echo ran >>proof', always_run: true,
     pass_filenames: false, stages: [post-commit]}
"""


def pre_commit(repository: Repository, *words: str) -> None:
    command = [sys.executable, "-m", "pre_commit", *words]
    subprocess.run(command, cwd=repository.path, env=repository.environment, check=True, capture_output=True)


@pytest.mark.parametrize("first", ["obsd", "pre-commit"])
def test_both_run(repository: Repository, short_tmp: Path, first: str) -> None:
    folder = short_tmp / "spool"
    spool.prepare(folder)
    repository.write(".pre-commit-config.yaml", CONFIGURATION)
    repository.git("add", "-A")
    for tool in ("obsd", "pre-commit") if first == "obsd" else ("pre-commit", "obsd", "pre-commit"):
        if tool == "obsd":
            hook_install.install(repository.path, OBSCTL, folder)
        else:
            pre_commit(repository, "install", "-t", "post-commit")
    assert hook_install.state(repository.path).state == "installed"
    commit = repository.commit("feat: one")
    assert reported(folder) == ["post-commit"]
    assert spool.read(folder)[0].report.commit_id == commit
    assert (repository.path / "proof").read_text() == "ran\n"
    hook_install.uninstall(repository.path, folder)
    assert hook_install.state(repository.path).state == "absent"
    repository.git("commit", "-q", "--allow-empty", "-m", "feat: two")
    assert (repository.path / "proof").read_text() == "ran\nran\n"
