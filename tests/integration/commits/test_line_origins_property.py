"""Random histories with known writers: the lines of each commit and of each file are their writers', whatever git did.

`OBSD_ORIGIN_EXAMPLES` sets another budget than the small one of `make test`.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.integration.commits.origins_rig import AUTHORS, OriginsRig, authors, origins_rig
from tests.support import Repository, clean_environment, remove_tree

EXAMPLES = int(os.environ.get("OBSD_ORIGIN_EXAMPLES", "5"))
FILES = ("a.txt", "b.txt")
NUMBER = st.integers(0, 50)

edits = st.tuples(st.just("edit"), st.sampled_from(AUTHORS), st.sampled_from(FILES), NUMBER, st.integers(0, 3))
cuts = st.tuples(st.just("cut"), st.sampled_from(AUTHORS), st.sampled_from(FILES), NUMBER, st.integers(1, 2))
others = st.tuples(
    st.sampled_from(("commit", "commit part", "amend", "branch", "pick", "merge", "stash", "squash", "restart"))
)
stories = st.lists(st.one_of(edits, edits, cuts, others, others), min_size=4, max_size=14)


class Story:
    """Does the steps of one story, and checks each commit that comes of it."""

    def __init__(self, rig: OriginsRig) -> None:
        self.rig = rig
        self.branches = 0

    async def do(self, step: tuple[Any, ...]) -> None:
        await getattr(self, step[0].replace(" ", "_"))(*step[1:])
        for path in FILES:
            if (self.rig.root / path).exists():
                assert await self.rig.writers(path) == self.rig.named(path)

    async def edit(self, author: str, path: str, place: int, count: int) -> None:
        await self.rig.insert(author, path, place, count + 1)

    async def cut(self, author: str, path: str, place: int, count: int) -> None:
        lines = (self.rig.root / path).read_text().splitlines()
        if len(lines) > count + 1:
            at = place % (len(lines) - count)
            await self.rig.write(author, path, lines[:at] + lines[at + count :])

    async def commit(self) -> None:
        self.rig.git("add", "-A")
        await self._commit()

    async def commit_part(self) -> None:
        self.rig.git("add", FILES[0])
        await self._commit()

    async def amend(self) -> None:
        if self._here():
            self.rig.git("commit", "-q", "-a", "--amend", "--no-edit")
            await self.check()

    async def branch(self) -> None:
        await self.commit()
        self.branches += 1
        self.rig.git("switch", "-q", "-c", f"topic{self.branches}", "main" if self.branches % 2 else "HEAD")

    async def pick(self) -> None:
        await self.commit()
        if self.branches:
            self.rig.git("cherry-pick", "--allow-empty", "main", check=False)
            await self._after_maybe_failing("cherry-pick")

    async def merge(self) -> None:
        await self.commit()
        if self.branches:
            self.rig.git("merge", "-q", "--no-ff", "--no-edit", "main", check=False)
            await self._after_maybe_failing("merge")

    async def stash(self) -> None:
        if self.rig.git("status", "--porcelain", "-uno").strip():
            self.rig.git("stash", "-q")
            self.rig.git("stash", "pop", "-q")

    async def squash(self) -> None:
        await self.commit()
        if int(self.rig.git("rev-list", "--count", "--first-parent", "HEAD")) > 3:
            self.rig.git("reset", "-q", "--soft", "HEAD~2")
            await self._commit()

    async def restart(self) -> None:
        await self.rig.restart()

    async def check(self) -> None:
        row = await self.rig.head()
        assert authors(row) == self.rig.written(row.commit_id)
        for path in self.rig.git("ls-tree", "--name-only", row.commit_id, *FILES).split():
            assert await self.rig.writers(path, row.commit_id) == self.rig.named(path, row.commit_id)

    def _here(self) -> bool:
        """Whether HEAD's commit was made while somebody watched."""
        return int(self.rig.git("rev-list", "--count", "HEAD")) > 2

    async def _commit(self) -> None:
        if self.rig.git("diff", "--cached", "--name-only").strip():
            self.rig.git("commit", "-q", "-m", f"feat: number {self.rig.number}")
            await self.check()

    async def _after_maybe_failing(self, command: str) -> None:
        if any((self.rig.root / ".git" / name).exists() for name in ("CHERRY_PICK_HEAD", "MERGE_HEAD")):
            self.rig.git(command, "--abort")
        elif self._here():
            await self.check()


async def tell(steps: list[tuple[Any, ...]], folder: Path) -> None:
    repository = Repository(folder / "repo", clean_environment(folder))
    repository.commit("chore: start")
    (folder / "state").mkdir()
    async with origins_rig(folder / "state", repository) as rig:
        story = Story(rig)
        for name in FILES:
            await rig.write("person", name, rig.lines("person", 6))
        await story.commit()
        for step in steps:
            await story.do(step)
        await story.commit()
        rows = [row for row in await rig.rows() if row.origins is not None]
        assert rows
        for row in rows:
            assert sum(one.lines for one in row.origins or ()) == row.lines_added
        counted = sum(value for _, value in rig.metrics().matching("obsd_commit_origin_lines_total", workspace="w"))
        added = rig.metrics().matching("obsd_commit_lines_total", workspace="w", direction="added")
        assert counted == sum(value for _, value in added)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize="OBSD_ORIGIN_EXAMPLES" not in os.environ,
    phases=[Phase.generate, Phase.shrink] if os.environ.get("OBSD_SHRINK") else [Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(stories)
def test_the_lines_of_every_commit_are_their_writers(steps: list[tuple[Any, ...]]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="ob", dir="/tmp"))
    try:
        asyncio.run(asyncio.wait_for(tell(steps, folder), 250))
    finally:
        remove_tree(folder)
