"""Random histories by the real git, with stops of the tracker at random points, against a simple model.

`OBSD_HISTORY_EXAMPLES` sets another budget than the small one of `make test`.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from typing import ClassVar

from dulwich import porcelain
from hypothesis import HealthCheck, Phase, settings, stateful
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.integration.commits.commit_rig import CALM, Rig, numstat
from tests.support import Repository, clean_environment, remove_tree

EXAMPLES = int(os.environ.get("OBSD_HISTORY_EXAMPLES", "8"))
BRANCHES = ("main", "left", "right")
PICK = st.integers(0, 1000)


class Tree:
    """A worktree and what was made in it: ids of commits, the new ids of rewrites by operation, lines that count."""

    def __init__(self, name: str, repository: Repository, path: Path) -> None:
        self.name = name
        self.path = path
        self.made: set[str] = set()
        self.lines = [0, 0]
        self.rewrites: set[tuple[str, str]] = set()
        self.exact_rewrites = True
        self._repository = repository

    def add(self) -> None:
        """HEAD was made here, unless the same second gave it the id of a rewrite: patches applied anew do that."""
        head = self.head()
        if head not in {new for _, new in self.rewrites} | self.made:
            self.made.add(head)
            self.count(numstat(self.path, head), (0, 0, 0))

    def count(self, figures: tuple[int, int, int], before: tuple[int, int, int]) -> None:
        """A commit counts, or an amend that makes it larger."""
        for column in (0, 1):
            self.lines[column] += max(0, figures[column] - before[column])

    def git(self, *arguments: str) -> str:
        return self._repository.git("-C", str(self.path), *arguments, **CALM)

    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def try_git(self, *arguments: str) -> bool:
        try:
            self.git(*arguments)
        except AssertionError:
            return False
        return True


class Histories(RuleBasedStateMachine):
    """Whatever happened, and whenever obsd was not there: each commit counts once, with git's figures."""

    failures: ClassVar[list[str]] = []

    @initialize(run_with_hooks=st.booleans())
    def begin(self, run_with_hooks: bool) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ob", dir="/tmp")).resolve()
        repository = Repository(self.folder / "repo", clean_environment(self.folder))
        repository.write("README.md", "hello\n")
        repository.commit("docs: base")
        for branch in BRANCHES[1:]:
            repository.git("branch", branch)
        repository.git("worktree", "add", "-q", "-b", "linked", str(self.folder / "linked"))
        self.trees = [
            Tree("w", repository, repository.path),
            Tree("linked", repository, self.folder / "linked"),
        ]
        self.runner = asyncio.Runner()
        self.rig = Rig(self.folder / "state")
        self.running = True
        self.runner.run(self._start(run_with_hooks))
        self.number = 0

    async def _start(self, run_with_hooks: bool) -> None:
        await self.rig.start()
        for tree in self.trees:
            await self.rig.add(tree.path, tree.name, with_hooks=run_with_hooks)

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            if self.running:
                self.runner.run(self.rig.stop())
            self.runner.close()
            remove_tree(self.folder)

    def _edit(self, tree: Tree) -> str:
        self.number += 1
        (tree.path / f"{self.number}.txt").write_text("".join(f"{n}\n" for n in range(self.number % 7)))
        tree.git("add", "-A")
        return f"feat: number {self.number}"

    @rule(which=PICK)
    def commit(self, which: int) -> None:
        tree = self.trees[which % 2]
        tree.git("commit", "-q", "--allow-empty", "-m", self._edit(tree))
        tree.add()

    @rule(which=PICK)
    def amend(self, which: int) -> None:
        tree = self.trees[which % 2]
        before = tree.head()
        tree.git("commit", "-q", "--amend", "-m", self._edit(tree))
        tree.rewrites.add(("amend", tree.head()))
        tree.count(numstat(tree.path, tree.head()), numstat(tree.path, before))

    @rule(amend=st.booleans())
    def by_dulwich(self, amend: bool) -> None:
        """It writes no entry for a commit on a branch, and none for an amend."""
        tree = self.trees[0]
        before, subject = tree.head(), self._edit(tree)
        who = b"Ada Lovelace <ada@example.org>"
        porcelain.commit(str(tree.path), message=subject.encode(), author=who, committer=who, amend=amend)
        if amend:
            tree.rewrites.add(("amend", tree.head()))
            tree.count(numstat(tree.path, tree.head()), numstat(tree.path, before))
        else:
            tree.add()

    @rule(which=PICK)
    def by_plumbing_and_a_reset(self, which: int) -> None:
        """As `git subtree` does it."""
        tree = self.trees[which % 2]
        self._edit(tree)
        made = tree.git("commit-tree", tree.git("write-tree"), "-p", "HEAD", "-m", f"feat: number {self.number}")
        tree.git("reset", "-q", "--hard", made)
        tree.add()

    @rule(which=PICK, branch=st.sampled_from(BRANCHES))
    def switch(self, which: int, branch: str) -> None:
        self.trees[0].try_git("checkout", "-q", branch)

    @rule(which=PICK, other=st.sampled_from([*BRANCHES, "linked"]), octopus=st.booleans())
    def merge(self, which: int, other: str, octopus: bool) -> None:
        tree = self.trees[which % 2]
        before = tree.head()
        others = [other, BRANCHES[which % 3]] if octopus else [other]
        if not tree.try_git("merge", "-q", "--no-edit", *others):
            tree.try_git("merge", "--abort")
            tree.git("reset", "-q", "--hard", before)
        elif tree.head() != before and len(tree.git("rev-list", "--parents", "-1", "HEAD").split()) > 2:
            merged = tree.git("log", "-g", "-1", "--format=%gs")
            if "Merge made by" in merged:
                tree.add()

    @rule(which=PICK, steps=st.integers(0, 6))
    def pick_or_revert(self, which: int, steps: int) -> None:
        tree = self.trees[which % 2]
        commits = tree.git("rev-list", "--all", "--no-merges").split()
        before = tree.head()
        picked = commits[steps % len(commits)]
        command = ["cherry-pick", "--allow-empty", "--keep-redundant-commits"] if which % 3 else ["revert", "--no-edit"]
        if tree.try_git(*command, picked):
            if tree.head() != before:
                tree.add()
        else:
            tree.try_git(command[0], "--abort")

    @rule(which=PICK)
    def apply_a_patch(self, which: int) -> None:
        tree = self.trees[which % 2]
        patch = self.folder / "patch"
        patch.write_text(tree.git("format-patch", "-1", "--stdout") + "\n")
        if which % 2:
            tree.try_git("reset", "-q", "--hard", "HEAD~1")
        if tree.try_git("am", "-q", str(patch)):
            tree.add()
        else:
            tree.try_git("am", "--abort")

    @rule(
        which=PICK,
        onto=st.sampled_from([*BRANCHES, "linked"]),
        backend=st.sampled_from(["--merge", "--apply"]),
    )
    def rebase(self, which: int, onto: str, backend: str) -> None:
        tree = self.trees[which % 2]
        old = set(tree.git("rev-list", "HEAD").split())
        base = set(tree.git("rev-list", onto).split())
        if tree.try_git("rebase", "-q", backend, onto):
            new = set(tree.git("rev-list", "HEAD").split()) - old - base
            tree.rewrites |= {("rebase", commit) for commit in new}
        else:
            tree.git("rebase", "--abort")
            tree.exact_rewrites = False

    @rule(which=PICK)
    def squash_two(self, which: int) -> None:
        tree = self.trees[which % 2]
        if not tree.try_git("rev-parse", "-q", "--verify", "HEAD~2"):
            return
        before = tree.head()
        todo = "sed -i -e '2s/^pick/squash/'"
        if not tree.try_git("-c", f"sequence.editor={todo}", "rebase", "-q", "-i", "HEAD~2"):
            tree.try_git("rebase", "--abort")
        tree.exact_rewrites &= tree.head() == before

    @rule(which=PICK)
    def move_about(self, which: int) -> None:
        tree = self.trees[which % 2]
        before = tree.head()
        (tree.path / "stashed.txt").write_text("x\n")
        tree.git("stash", "-q", "-u")
        tree.try_git("reset", "-q", "--hard", "HEAD~1")
        tree.git("reset", "-q", "--hard", before)
        tree.git("stash", "drop", "-q")

    @rule(which=PICK)
    def tidy(self, which: int) -> None:
        self.trees[which % 2].git("reflog", "expire", "--expire=1.hour.ago", "--all")
        self.trees[which % 2].git("pack-refs", "--all")

    @rule()
    def look(self) -> None:
        if self.running:
            for tree in self.trees:
                self.runner.run(self.rig.scan(tree.name))

    @precondition(lambda self: self.running)
    @rule()
    def stop(self) -> None:
        self.runner.run(self.rig.stop())
        self.running = False

    @precondition(lambda self: not self.running)
    @rule()
    def start(self) -> None:
        self.runner.run(self.rig.start())
        self.running = True
        self._check()

    @precondition(lambda self: self.running)
    @rule()
    def check(self) -> None:
        self._check()

    @invariant()
    def nothing_is_written_into_the_tree(self) -> None:
        written = [tree.git("status", "--porcelain") for tree in getattr(self, "trees", ())]
        self.failures.extend(filter(None, written))
        assert not any(written)

    def _check(self) -> None:
        try:
            self._compare()
        except AssertionError as error:
            self.failures.append(str(error))
            raise

    def _compare(self) -> None:
        shown = self.rig.metrics
        for tree in self.trees:
            rows = self.runner.run(self.rig.scan(tree.name))
            ids = [commit_id for row in rows for commit_id in (row.commit_id, *row.earlier_ids)]
            assert len(ids) == len(set(ids))
            assert tree.made <= set(ids) <= tree.made | set(tree.git("rev-list", "--all", "--reflog", "HEAD").split())
            assert len(tree.made) == shown().sum("git_commits_total", workspace=tree.name)
            for row in rows:
                figures = (row.lines_added, row.lines_removed, row.files_changed)
                assert figures == numstat(tree.path, row.commit_id)
            for direction, column in (("added", 0), ("removed", 1)):
                counted = shown().sum("obsd_commit_lines_total", workspace=tree.name, direction=direction)
                assert counted == tree.lines[column]
            if tree.exact_rewrites:
                assert len(rows) == len(tree.made)
                assert self.rig.rewrites(tree.name).total() == len(tree.rewrites)


SETTINGS = settings(
    max_examples=EXAMPLES,
    stateful_step_count=25,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink] if os.environ.get("OBSD_SHRINK") else [Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_every_history_is_counted_as_it_was_made() -> None:
    try:
        stateful.run_state_machine_as_test(Histories, settings=SETTINGS)
    except Flaky:
        # Ids depend on the second, so that the same steps may lead elsewhere; whatever they lead to was checked.
        assert Histories.failures == []
