"""Random sequences of everything that happens to a repository, against a model: the view is the disk, and the counts
are what a reader of the disk would count.

OBSD_EXAMPLES and OBSD_STEPS set another budget; with OBSD_SHRINK a failure is made shorter, which takes long.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    rule,
    run_state_machine_as_test,
)

from obsd.git.line_diff import content_id
from tests import other_gits
from tests.integration.watching.changes import FOLDERS, NAMES, chances, folders, names, some_lines
from tests.integration.watching.model import Burst, Files, Numstat, replayed, visible, wrong_lines
from tests.integration.watching.surroundings import Surroundings
from tests.integration.watching.watcher_rig import Received
from tests.support import remove_tree

EXAMPLES = int(os.environ.get("OBSD_EXAMPLES", "5"))
STEPS = int(os.environ.get("OBSD_STEPS", "25"))
PHASES = [Phase.generate, Phase.shrink] if os.environ.get("OBSD_SHRINK") else [Phase.generate]


RULES = ["*.log", "!keep.log", "out/", "/d1/sub", "b.*", "d2/*", "!d2/b.txt", "**/deep"]


class Watching(Surroundings):
    """Frozen bursts, during which the watcher stands still, must be counted exactly: they are between two looks. In
    live ones a file may be looked at in between, so only what holds for any number of looks is asked."""

    def __init__(self) -> None:
        super().__init__()
        scratch = self.home / "diff"
        scratch.mkdir()
        self.numstat = Numstat(scratch)

    def teardown(self) -> None:
        try:
            if self.rig.process is not None:
                self.check()
        finally:
            self.rig.stop()
            remove_tree(self.home)

    # ----- the watcher

    @initialize(chance=chances)
    def begin(self, chance: random.Random) -> None:
        kind = chance.choice(["plain", "filter", "sha256"])
        if kind == "sha256":
            self.begin_anew("--object-format=sha256")
        if kind == "filter":
            self.repository.git("config", "filter.f.clean", "tr 0-9 A-J")
            self.repository.git("config", "filter.f.smudge", "tr A-J 0-9")
            self.repository.write(".gitattributes", "b.txt filter=f\n")
        self.repository.write(".gitignore", "*.log\n!keep.log\nout/\n")
        for folder in FOLDERS:
            for name in NAMES:
                if chance.randrange(2):
                    self.put(self.path(folder, name), some_lines(chance))
        self.repository.git("add", "-A")
        self.repository.git("commit", "-q", "-m", "begin")
        self.repository.git("branch", "side")
        self.rig.start()
        self.before = visible(self.repository)

    def settle(self) -> Received:
        if self.frozen and self.rig.process is not None:
            os.kill(self.rig.process.pid, signal.SIGCONT)
        return self.rig.settle()

    @rule()
    def check(self) -> None:
        """The cookie, and all that must hold after it."""
        received = self.settle()
        after = visible(self.repository)
        self._view_is_the_disk(after)
        changes = received.changes
        assert replayed(changes, self.before) == replayed([], after)
        if self.frozen:
            found = sorted((change.operation, change.path, change.previous) for change in changes)
            assert found == self.burst.expected(self.before, after)
            assert not wrong_lines(self.numstat, changes, self.before, after)
        changed = {path for path in self.before.keys() & after.keys() if self.before[path] != after[path]}
        assert changed <= {change.path for change in changes}
        self.before, self.burst, self.quiet, self.frozen = after, Burst(), True, False

    def _view_is_the_disk(self, after: Files) -> None:
        assert sorted(self.rig.snapshot) == sorted(after)
        wrong = {path for path, data in after.items() if self.rig.snapshot[path][4] != content_id(data).hex()}
        assert not wrong

    # ----- rules and git: each by itself

    @rule(folder=st.sampled_from(["", "d1", "d2"]), rules=st.lists(st.sampled_from(RULES), max_size=3))
    def change_rules(self, folder: str, rules: list[str]) -> None:
        self.check()
        path = self.path(folder, ".gitignore")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in rules))
        self._only_files_that_count_before_and_after([self.name(path)])

    @rule(chance=chances)
    def commit(self, chance: random.Random) -> None:
        self.start_burst(chance)
        self.repository.git("add", "-A")
        self.repository.git("commit", "-q", "--allow-empty", "-m", "work")

    @rule(force=st.booleans(), folder=folders, name=names)
    def track_or_not(self, force: bool, folder: str, name: str) -> None:
        path = self.path(folder, name)
        if path.is_file() and not path.is_symlink():
            self.check()
            with contextlib.suppress(AssertionError):
                if force:
                    self.repository.git("add", "-f", "--", self.name(path))
                else:
                    self.repository.git("rm", "-q", "-f", "--cached", "--", self.name(path))
            self._only_files_that_count_before_and_after([])

    @rule(what=st.sampled_from(["side", "main"]), edit=st.booleans(), chance=chances)
    def switch(self, what: str, edit: bool, chance: random.Random) -> None:
        self._git_alone("checkout", "-q", what)
        if edit:
            self._edit_at_once(chance)

    @rule(what=st.sampled_from(["side", "main", "HEAD~1", "HEAD"]), edit=st.booleans(), chance=chances)
    def reset(self, what: str, edit: bool, chance: random.Random) -> None:
        self._git_alone("reset", "-q", "--hard", what)
        if edit:
            self._edit_at_once(chance)

    @rule(what=st.sampled_from(["side", "main"]), writer=st.sampled_from(other_gits.NAMES))
    def switch_by_another_git(self, what: str, writer: str) -> None:
        if self.repository.git("status", "--porcelain", "--untracked-files=no"):
            return  # how they treat work that is not committed is their own affair
        self.check()
        if not other_gits.missing(writer):
            with contextlib.suppress(subprocess.CalledProcessError):
                other_gits.switch(writer, self.root, what)
        self._only_git_was_at_work()

    @rule(what=st.sampled_from(["side", "main"]))
    def merge(self, what: str) -> None:
        self._git_alone("merge", "-q", "--no-edit", what)
        self._git_alone("merge", "--abort")

    @rule(untracked=st.booleans())
    def stash(self, untracked: bool) -> None:
        self._git_alone("stash", "push", "-q", *(["-u"] if untracked else []))

    @rule()
    def apply_stash(self) -> None:
        self._git_alone("stash", "apply", "-q")

    @rule()
    def take_hunks_back(self) -> None:
        self.check()
        command = ["git", "-C", str(self.root), "checkout", "-p"]
        subprocess.run(command, env=self.repository.environment, input=b"y\n" * 50, capture_output=True, check=False)
        self._only_git_was_at_work()

    @rule()
    def worktree_inside(self) -> None:
        self.count += 1
        first, then = f"worktree{self.count}", f"moved-worktree{self.count}"
        self._git_alone("worktree", "add", "-q", "--detach", first)
        self._git_alone("worktree", "move", first, then)
        self._git_alone("worktree", "remove", "--force", then)

    @rule()
    def pop(self) -> None:
        self._git_alone("stash", "pop", "-q")

    @rule(folder=folders)
    def nested_repository(self, folder: str) -> None:
        path = self.root / (folder or "nest")
        if (path / ".git").exists() or path.is_symlink():
            return
        tracked = self.repository.git("ls-files", "--", self.name(path))
        if tracked:
            return
        self.check()
        path.mkdir(parents=True, exist_ok=True)
        self.repository.git("init", "-q", str(path))
        author = ("-c", "user.name=A", "-c", "user.email=a@example.org")
        self.repository.git("-C", str(path), *author, "commit", "-q", "--allow-empty", "-m", "begin")
        self._only_files_that_count_before_and_after([])

    @rule()
    def kill(self) -> None:
        self.check()
        self.rig.kill()
        self.rig.start()
        received = self.settle()
        assert received.brief() == []

    # ----- helpers

    def _git_alone(self, *arguments: str) -> None:
        """Git at work and nobody else: nothing is an edit."""
        self.check()
        with contextlib.suppress(AssertionError):
            self.repository.git(*arguments)
        self._only_git_was_at_work()

    def _only_git_was_at_work(self) -> None:
        received = self.settle()
        after = visible(self.repository)
        assert received.brief() == []
        self._view_is_the_disk(after)
        self.before = after

    def _edit_at_once(self, chance: random.Random) -> None:
        if self.before:
            self.start_burst(chance)
            path = self.root / chance.choice(sorted(self.before))
            self.save(path, path.read_bytes() + b"edit\n", chance.randrange(4))

    def _only_files_that_count_before_and_after(self, edited: list[str]) -> None:
        received = self.settle()
        after = visible(self.repository)
        assert {change.path for change in received.changes} <= set(edited)
        self._view_is_the_disk(after)
        self.before = after


@pytest.mark.slow
def test_the_view_is_the_disk_and_the_counts_are_right() -> None:
    run_state_machine_as_test(
        Watching,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=EXAMPLES <= 10,
            phases=PHASES,
            suppress_health_check=list(HealthCheck),
        ),
    )
