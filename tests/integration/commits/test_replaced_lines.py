"""Lines that were replaced before they were committed: random edits, and each line's own text as the oracle."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from obsd.authorship.facts import WriterSeen
from obsd.facts import FileChanged, LineEdit
from obsd.git import line_diff
from obsd.sources.replaced_lines import ReplacedLinesSource
from tests.integration.commits.origins_rig import AUTHORS, OriginsRig, origins_rig
from tests.support import Repository

Story = Callable[["Oracle"], Coroutine[None, None, None]]


@dataclass
class Oracle:
    """Edits of one file, and what of its lines was taken away before it was committed, by the lines' own text."""

    rig: OriginsRig
    text: list[str] = field(default_factory=list)
    committed: set[str] = field(default_factory=set)
    overridden: Counter[str] = field(default_factory=Counter)
    thrashed: Counter[str] = field(default_factory=Counter)

    def start(self) -> None:
        """Begins to judge."""
        self.source = ReplacedLinesSource(self.rig.recorder, lambda: self.rig.workspaces)
        self.source.start()

    async def write(self, author: str, lines: list[str]) -> None:
        """Has an author write the file."""
        self._note(author, lines)
        await self.rig.write(author, "a.txt", lines)

    async def delete(self, author: str) -> None:
        """Has an author delete the file."""
        old = (self.rig.root / "a.txt").read_bytes()
        (self.rig.root / "a.txt").unlink()
        found = line_diff.compare(old, b"")
        assert found is not None
        assert found.hunks is not None
        edit = LineEdit(line_diff.content_id(old).hex(), 0, found.hunks)
        self._note(author, [])
        now = time.time()
        seen = WriterSeen(now, "w", "a.txt", author, "", "rm")
        gone = FileChanged(now, "w", "a.txt", "deleted", "text", found.added, found.removed, edit=edit)
        await self.rig.recorder.record([seen, gone])

    async def commit(self) -> None:
        """Commits the file as it is."""
        self.rig.git("add", "-A")
        await self.rig.commit("--allow-empty")
        self.committed |= set(self.text)

    async def agrees(self) -> None:
        """Returns when nothing waits any more, and the metrics have what the texts say."""
        async with asyncio.timeout(60):
            while True:
                if not await self.rig.recorder.query(lambda ledger: ledger.replaced.waiting("w", 1)):
                    break
                await asyncio.sleep(0.01)
        for name, expected in (("overridden", self.overridden), ("thrashed", self.thrashed)):
            shown = self.rig.metrics().matching(f"obsd_{name}_lines_total", workspace="w")
            assert {labels["agent"]: value for labels, value in shown if value} == expected, name

    def _note(self, author: str, lines: list[str]) -> None:
        for line in set(self.text) - set(lines) - self.committed:
            writer = line.split(" ")[0]
            if "nobody" in (author, writer):
                self.overridden["unknown"] += 1
            elif author == writer:
                self.thrashed[writer] += 1
            else:
                self.overridden[writer] += 1
        self.text = lines


def tell(folder: Path, repository: Repository, story: Story) -> None:
    repository.write("old.txt", "before 1\n")
    repository.commit("chore: start")

    async def run() -> None:
        async with origins_rig(folder, repository) as rig:
            oracle = Oracle(rig)
            oracle.start()
            try:
                await story(oracle)
            finally:
                await oracle.source.stop()

    asyncio.run(asyncio.wait_for(run(), 200))


@pytest.mark.parametrize("seed", range(3))
def test_what_was_replaced_is_what_the_lines_themselves_say(tmp_path: Path, repository: Repository, seed: int) -> None:
    chance = random.Random(seed)

    async def story(oracle: Oracle) -> None:
        for step in range(80):
            author, lines = chance.choice(AUTHORS), oracle.text
            if chance.random() < 0.12:
                await oracle.commit()
            elif chance.random() < 0.1 and lines:
                await oracle.delete(author)
            else:
                start = chance.randint(0, len(lines))
                end = min(len(lines), start + chance.choice((0, 1, 3, 6)))
                new = oracle.rig.lines(author, chance.choice((0, 1, 4)))
                if start < end or new:
                    await oracle.write(author, [*lines[:start], *new, *lines[end:]])
            if step % 25 == 24:
                await oracle.source.stop()
                oracle.start()
        await oracle.agrees()
        assert oracle.overridden
        assert oracle.thrashed

    tell(tmp_path, repository, story)


def test_a_replacement_by_nobody_known_is_of_nobody_known(tmp_path: Path, repository: Repository) -> None:
    async def story(oracle: Oracle) -> None:
        first = oracle.rig.lines("codex", 6)
        await oracle.write("codex", first)
        await oracle.write("nobody", [*first[:4], *oracle.rig.lines("nobody", 3)])
        await oracle.write("codex", first[:4])
        await oracle.write("codex", first[:3])
        await oracle.agrees()
        assert (oracle.overridden, oracle.thrashed) == ({"unknown": 5}, {"codex": 1})

    tell(tmp_path, repository, story)


def test_what_waits_at_the_end_is_judged_after_the_next_start(tmp_path: Path, repository: Repository) -> None:
    async def story(oracle: Oracle) -> None:
        await oracle.source.stop()
        first = oracle.rig.lines("codex", 6)
        await oracle.write("codex", first)
        await oracle.write("person", first[:4])
        await oracle.commit()
        await oracle.write("person", first[:2])
        oracle.start()
        await oracle.agrees()
        await oracle.source.stop()
        oracle.start()
        await oracle.agrees()
        assert (oracle.overridden, oracle.thrashed) == ({"codex": 2}, {})

    tell(tmp_path, repository, story)
