"""Commits over files with known writers: each line's text names who wrote it, so git's own output is the oracle."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from obsd.agents.table import AgentTable
from obsd.authorship.facts import WriterSeen
from obsd.config import WatchConfig
from obsd.facts import FileChanged, LineEdit, Operation
from obsd.git import line_diff
from obsd.ledger import Ledger
from obsd.ledger.origin_queries import Unclassified
from obsd.ledger.rows import CommitRow
from obsd.sources.commit_origins import CommitOriginsSource
from obsd.sources.file_blame import FileBlame
from obsd.sources.line_authors import LineAuthors
from tests.integration.commits.commit_rig import Rig
from tests.support import Repository
from tests.threads_git import ThreadsGit

T = TypeVar("T")

AUTHORS = ("claude-code", "codex", "person")


class CountingGit(ThreadsGit):
    """Counts what is asked, by the function's name."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()

    async def run(self, repository: str, fn: Callable[..., T], *arguments: Any) -> T:
        self.calls[fn.__name__] += 1
        return await super().run(repository, fn, *arguments)


async def until(condition: Callable[[], bool]) -> None:
    """Returns when a condition holds."""
    async with asyncio.timeout(60):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


async def settled(workspace: str) -> None:
    """What a watcher would see, the tests record themselves."""


@dataclass
class OriginsRig(Rig):
    """Writes files as an author, as a watcher would see it, and reads who wrote the lines of commits."""

    repository: Repository = field(init=False)
    number: int = 0

    async def start(self) -> None:
        await super().start()
        await self.restart_source()

    async def restart_source(self) -> None:
        """Starts the classifying anew."""
        self.reader = CountingGit()
        self.source = CommitOriginsSource(
            self.recorder, lambda: self.workspaces, AgentTable.build(), self.reader, lambda: 2 << 20, settled
        )
        self.source.start()

    async def blame(self, path: str, commit: str = "", first: int = 1, last: int = 0, watch: str = "") -> FileBlame:
        """Whose the lines of a file of the repository are; `watch` is a pattern that is excluded from watching."""
        settings = WatchConfig(exclude=(watch,) if watch else ())

        lines = LineAuthors(
            self.recorder, lambda: self.workspaces, AgentTable.build(), self.reader, lambda: settings, settled
        )
        return await lines.blame(f"{self.root}/{path}", commit, first, last)

    async def writers(self, path: str, commit: str = "") -> list[str]:
        """Who wrote each line of a file."""
        found = await self.blame(path, commit)
        assert [(run.first, run.last) for run in found.runs] == runs_without_gaps(found)
        return [run.agent or "" for run in found.runs for _ in range(run.first, run.last + 1)]

    def named(self, path: str, commit: str = "") -> list[str]:
        """Who wrote each line of a file, by the lines' own text."""
        text = self.git("show", f"{commit}:{path}") if commit else (self.root / path).read_text()
        return [line.split(" ")[0] for line in text.splitlines()]

    async def count_rounds(self) -> list[str]:
        """A list that grows with each round of the classifying."""
        rounds: list[str] = []

        def count(ledger: Ledger) -> None:
            unclassified = ledger.origins.unclassified

            def counting(workspace: str, limit: int) -> list[Unclassified]:
                rounds.append(workspace)
                return unclassified(workspace, limit)

            ledger.origins.unclassified = counting  # type: ignore[method-assign]

        await self.recorder.query(count)
        return rounds

    def counted(self) -> dict[str, float]:
        """The lines of commits that the metrics count, by origin."""
        shown = self.metrics().matching("obsd_commit_origin_lines_total", workspace="w")
        return {labels["agent"]: value for labels, value in shown if value}

    async def stop(self) -> None:
        await self.source.stop()
        await super().stop()

    @property
    def root(self) -> Path:
        return self.repository.path

    def lines(self, author: str, count: int) -> list[str]:
        """New lines, each unlike all others."""
        self.number += count
        return [f"{author} {number}" for number in range(self.number - count, self.number)]

    async def write(self, author: str, path: str, lines: Sequence[str], end: str = "\n") -> None:
        """Has an author write a whole file."""
        file = self.root / path
        old = file.read_bytes() if file.exists() else None
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes("".join(f"{line}{end}" for line in lines).encode())
        await self.saw(author, path, "created" if old is None else "modified", old or b"", file.read_bytes())

    async def edit(self, author: str, path: str, change: Callable[[list[str]], list[str]]) -> None:
        """Has an author change the lines of a file."""
        await self.write(author, path, change((self.root / path).read_text().splitlines()))

    async def insert(self, author: str, path: str, place: int, count: int) -> None:
        """Has an author put new lines into a file, behind `place` others."""
        new = self.lines(author, count)
        await self.edit(author, path, lambda lines: [*lines[:place], *new, *lines[place:]])

    async def rename(self, author: str, path: str, new: str) -> None:
        """Has an author give a file another name."""
        data = (self.root / path).read_bytes()
        (self.root / path).rename(self.root / new)
        await self.saw(author, new, "renamed", data, data, path)

    async def saw(
        self, author: str, path: str, operation: Operation, old: bytes, new: bytes, previous: str = ""
    ) -> None:
        """Records a change as a watcher and the kernel tell it."""
        found = line_diff.compare(old, new)
        assert found is not None
        assert found.hunks is not None
        edit = LineEdit(line_diff.content_id(old).hex() if old else "", found.lines, found.hunks)
        now = time.time()
        changed = FileChanged(
            now, "w", path, operation, "text", found.added, found.removed, "", previous, _id(new), edit=edit
        )
        seen = [WriterSeen(now, "w", path, author, f"{author}-1", "sh")] if author != "nobody" else []
        await self.recorder.record([*seen, changed])

    def git(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        """Runs git in the repository, as somebody at a terminal would."""
        done = subprocess.run(
            ["git", "-C", self.root, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            env=self.repository.environment,
        )
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout

    async def commit(self, *arguments: str) -> CommitRow:
        """Commits, and returns the commit when its lines have origins."""
        self.git("commit", "-q", "-m", f"feat: number {self.number}", *arguments)
        return await self.head()

    async def head(self) -> CommitRow:
        """HEAD as it is recorded, when its lines have origins."""
        await self.commits.scan("w")
        return await self.classified(self.git("rev-parse", "HEAD").strip())

    async def classified(self, commit_id: str) -> CommitRow:
        async with asyncio.timeout(60):
            while True:
                row = next((one for one in await self.rows() if one.commit_id == commit_id), None)
                if row is not None and row.origins is not None:
                    return row
                await asyncio.sleep(0.01)

    def written(self, commit_id: str = "HEAD") -> Counter[str]:
        """Who wrote the lines that a commit adds, by their own text."""
        patch = self.git("show", "--first-parent", "-m", "-M", "-U0", "--format=", commit_id, "--")
        added = (line[1:] for line in patch.splitlines() if line.startswith("+") and not line.startswith("+++"))
        return Counter(line.split(" ")[0] for line in added)


def runs_without_gaps(found: FileBlame) -> list[tuple[int, int]]:
    """The first and last lines of as many runs as were found, each after the other, over all lines."""
    lasts = [run.last for run in found.runs]
    assert (lasts[-1] if lasts else 0) == found.lines
    return list(zip([1, *(last + 1 for last in lasts[:-1])], lasts, strict=bool(lasts)))


def authors(row: CommitRow) -> Counter[str]:
    """The origins of a commit, by author; they are as many as the lines that it adds."""
    assert row.origins is not None
    sums: Counter[str] = Counter()
    for one in row.origins:
        sums[one.agent] += one.lines
    assert sum(sums.values()) == row.lines_added
    return sums


@asynccontextmanager
async def origins_rig(folder: Path, repository: Repository) -> AsyncIterator[OriginsRig]:
    """A rig whose workspace `w` is the repository."""
    rig = OriginsRig(folder)
    rig.repository = repository
    await rig.start()
    try:
        await rig.add(repository.path)
        yield rig
    finally:
        await rig.stop()


def _id(data: bytes) -> str:
    return line_diff.content_id(data).hex()
