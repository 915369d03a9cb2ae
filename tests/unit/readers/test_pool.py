"""The pool of readers, with real processes of a real fork server: what hangs or crashes harms nothing else.

Stands for work with libgit2 that does not come back: functions of the standard library which do not.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from obsd.errors import NotFound, Unavailable
from obsd.git import layout, means, program
from obsd.git.commit_contents import read_contents, require_commit
from obsd.git.hook_install import state
from obsd.readers import pool as pools
from obsd.readers import reader as readers
from obsd.readers.pool import GitPool
from obsd.sources.fork_client import ForkClient
from tests.support import Repository


class Pool(GitPool):
    """With what it was troubled by, the processes that it started, and a clock to set."""

    def __init__(self) -> None:
        self.troubles: list[tuple[str, str]] = []
        self.now = 0.0
        super().__init__(lambda path, text: self.troubles.append((path, text)), lambda: self.now)
        self.pids: list[int] = []


@asynccontextmanager
async def pool_of_readers() -> AsyncIterator[Pool]:
    forks = ForkClient(lambda: None)
    await forks.start()
    pool = Pool()

    async def start(connection: object) -> object:
        process, kill = await forks.read(connection)  # type: ignore[arg-type]
        pool.pids.append(process.pid)
        return process, kill

    pool.start(start)  # type: ignore[arg-type]
    try:
        yield pool
    finally:
        await pool.stop()
        await forks.stop()


def told(story: Callable[[Pool], Awaitable[None]]) -> None:
    async def run() -> None:
        async with pool_of_readers() as pool:
            await story(pool)

    asyncio.run(asyncio.wait_for(run(), 60))


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(3000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"it did not come: {condition}")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "SILENCE_SECONDS", 0.3)


def test_work_is_done_and_its_errors_arrive(repository: Repository) -> None:
    commit_id = repository.commit("feat: a line of it")

    async def story(pool: Pool) -> None:
        path = str(repository.path)
        where = await pool.run(path, layout.find, path)
        assert where == layout.find(path)
        assert where is not None
        [contents] = await pool.run(path, read_contents, where, [commit_id])
        assert contents.info is not None
        assert contents.info.subject == "feat: a line of it"
        with pytest.raises(NotFound, match="has no commit"):
            await pool.run(path, require_commit, path, "0" * 39 + "1")
        with pytest.raises(RuntimeError, match="in a reader"):
            await pool.run(path, layout.find, 7)
        assert (await pool.run(path, state, repository.path)).state == "absent"
        assert len(pool.pids) == 1, "one after the other, one process does it all"
        assert pool.troubles == []

    told(story)


def test_what_crashes_is_named_and_the_next_work_is_done() -> None:
    async def story(pool: Pool) -> None:
        with pytest.raises(Unavailable) as caught:
            await pool.run("/evil", os.abort)
        assert caught.value.reason == "git_unreadable"
        assert pool.troubles == [("/evil", "git's files ended the process that read them (signal 6)")]
        assert await pool.run("/good", layout.find, "/") is None

    told(story)


@pytest.mark.usefixtures("impatient")
def test_what_hangs_is_killed_and_nobody_else_waits() -> None:
    async def story(pool: Pool) -> None:
        stuck = [asyncio.ensure_future(pool.run("/evil", time.sleep, 1000)) for _ in range(20)]
        await until(lambda: len(pool.pids) >= pools.MOST_FOR_ONE)
        assert await pool.run("/good", layout.find, "/") is None
        assert not any(one.done() for one in stuck)
        results = await asyncio.gather(*stuck, return_exceptions=True)
        assert {type(one) for one in results} == {Unavailable}
        assert pool.troubles == [("/evil", "git's files did not answer")]
        await until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pool.pids[:2]))

    told(story)


@pytest.mark.usefixtures("impatient")
def test_who_waits_for_no_end_leaves_no_process_for_each_time() -> None:
    """A process that waits for a disk that does not answer cannot be killed: each one that is started stays."""

    async def story(pool: Pool) -> None:
        for _ in range(20):
            with pytest.raises((TimeoutError, Unavailable)):
                await asyncio.wait_for(pool.run("/evil", time.sleep, 1000), 0.02)
        assert len(pool.pids) <= pools.MOST_FOR_ONE
        await until(lambda: bool(pool.troubles))
        assert pool.troubles == [("/evil", "git's files did not answer")]

    told(story)


@pytest.mark.usefixtures("impatient")
def test_the_better_means_are_tried_again_when_it_is_time() -> None:
    async def story(pool: Pool) -> None:
        with pytest.raises(Unavailable):
            await pool.run("/w", time.sleep, 1000)
        with pytest.raises(Unavailable):
            await pool.run("/w", time.sleep, 0)  # by no means for a while
        pool.now += pools.FIRST_PAUSE_SECONDS + 1
        assert await pool.run("/w", layout.find, "/") is None
        assert pool.troubles[-1] != ("/w", ""), "work that did not come near the trouble proves nothing"
        await pool.run("/w", time.sleep, 0)
        assert pool.troubles[-1] == ("/w", "")

    told(story)


def test_a_git_that_hangs_ends_with_its_reader(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """`include.path` leads both libgit2 and git to wait for a FIFO that no look at git's own files finds."""
    commit_id = repository.commit("feat: a line of it")
    trap = repository.path / "trap"
    os.mkfifo(trap)
    repository.git("config", "include.path", str(trap))
    monkeypatch.setattr(readers, "SILENCE_SECONDS", 0.5)

    async def story(pool: Pool) -> None:
        path = str(repository.path)
        where = await pool.run(path, layout.find, path)
        assert where is not None
        reading = asyncio.ensure_future(pool.run(path, read_contents, where, [commit_id]))
        await until(lambda: any(_gits(pid) for pid in pool.pids))
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await until(lambda: not any(_gits(pid) for pid in pool.pids))
        assert await pool.run("/good", layout.find, "/") is None

    told(story)


def _gits(group: int) -> list[int]:
    """The processes of a reader's group besides itself."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != group:
            try:
                if os.getpgid(int(entry.name)) == group:
                    found.append(int(entry.name))
            except ProcessLookupError:
                continue
    return found


def test_who_is_killed_from_outside_is_replaced_and_the_repository_is_not_blamed() -> None:
    async def story(pool: Pool) -> None:
        working = asyncio.ensure_future(pool.run("/w", time.sleep, 0.5))
        await until(lambda: len(pool.pids) == 1)
        os.kill(pool.pids[0], 9)
        await working
        assert (len(pool.pids), pool.troubles) == (2, [])

    told(story)


def test_a_fork_server_that_ends_is_not_a_repositorys_fault() -> None:
    async def story(pool: Pool) -> None:
        assert await pool.run("/w", layout.find, "/") is None
        [pid] = pool.pids
        os.kill(_parent(pid), 9)
        await until(lambda: not Path(f"/proc/{pid}").exists())
        with pytest.raises(Unavailable) as caught:
            await pool.run("/w", layout.find, "/")
        assert caught.value.reason == "stopping"
        assert pool.troubles == []

    told(story)


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


@pytest.mark.parametrize(
    "name",
    ["config", "index", "HEAD", "packed-refs", "shallow", "info/grafts", "objects/info/alternates", "refs/heads/main"],
)
def test_no_file_that_git_would_wait_for_is_opened(repository: Repository, name: str) -> None:
    repository.commit("feat: a line of it")
    where = layout.find(repository.path)
    assert where is not None
    assert means.find_fault(where) == ""
    place = where.common_dir / name
    place.unlink(missing_ok=True)
    os.mkfifo(place)
    assert means.find_fault(where) == f"{name} is a FIFO"
    if name != "HEAD":  # without a HEAD it is no repository
        with pytest.raises(Unavailable, match="is a FIFO"):
            program.run(repository.path, ["status"])
