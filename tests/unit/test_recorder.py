"""The recorder: durable when it says so, each commit once, and it goes on when the ledger does not."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from obsd.errors import StoreError, Unavailable
from obsd.facts import (
    CommitMade,
    CommitRewritten,
    FileChanged,
    SessionEnded,
    SessionStarted,
    Ticked,
    WatcherReported,
)
from obsd.ledger import Ledger
from tests.unit.recording import T0, added, changed, commit, number, object_id, on_connection, recording, rows, run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite3"


def test_facts_are_durable_and_counted_when_record_returns(path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path) as recorder:
            await recorder.record([added()])
            new = await recorder.record([changed(), commit()])
            assert rows(path, "SELECT count(*) FROM changes UNION ALL SELECT count(*) FROM commits") == [(1,), (1,)]
            assert number(recorder.views, "git_commits_total", author="Ada", branch="main") == 1
            assert [type(fact) for fact in new] == [SessionStarted, FileChanged, CommitMade]

    run(story, path)


def test_a_commit_counts_once_however_often_it_is_reported(path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path) as recorder:
            await recorder.record([added()])
            new = await recorder.record([commit(1), commit(1, recovered=True)])
            assert len([fact for fact in new if isinstance(fact, CommitMade)]) == 1
            both = await asyncio.gather(*(recorder.record([commit(2)]) for _ in range(5)))
            assert sum(len(new) for new in both) == 1
        async with recording(path) as recorder:
            assert await recorder.record([commit(1), commit(2)]) == []
            assert number(recorder.views, "git_commits_total", author="Ada", branch="main") == 2

    run(story, path)


def test_the_same_commit_in_another_workspace_is_another_commit(path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path) as recorder:
            await recorder.record([added(), added("v", path="/srv/v"), commit(1)])
            assert await recorder.record([commit(1, workspace="v")])

    run(story, path)


def test_a_rewrite_counts_once_and_its_new_id_is_no_new_commit(path: Path) -> None:
    async def story(path: Path) -> None:
        amend = CommitRewritten(T0, "w", "amend", object_id(1), object_id(2))
        async with recording(path) as recorder:
            await recorder.record([added(), commit(1)])
            assert await recorder.record([amend, commit(2), amend]) == [amend]
        async with recording(path) as recorder:
            assert await recorder.record([amend, commit(2)]) == []
            assert number(recorder.views, "obsd_commit_rewrites_total", operation="amend") == 1
            assert number(recorder.views, "git_commits_total", author="Ada", branch="main") == 1

    run(story, path)


def used_bytes(path: Path) -> int:
    """Bytes of the ledger's pages that hold something."""
    (pages,), (free,), (size,) = (
        rows(path, f"SELECT {name} FROM pragma_{name}")[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return (int(str(pages)) - int(str(free))) * int(str(size))


def test_what_waits_together_is_one_transaction(path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path) as recorder:
            await recorder.record([added()])
            transactions = 0

            def count(statement: str) -> None:
                nonlocal transactions
                transactions += statement.startswith("COMMIT")

            await on_connection(recorder, lambda connection: connection.set_trace_callback(count))
            answers = await asyncio.gather(*(recorder.record([changed(f"{n}.py")]) for n in range(100)))
            assert [answer[-1] for answer in answers] == [replace(changed(f"{n}.py"), change=n + 1) for n in range(100)]
            assert transactions == 1

    run(story, path)


def test_what_leaves_no_trace_writes_nothing(path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path) as recorder:
            await recorder.record([added()])
            statements: list[str] = []
            await on_connection(recorder, lambda connection: connection.set_trace_callback(statements.append))
            await recorder.record([WatcherReported(T0, "w", "watching", watches=3), Ticked(T0, "")])
            assert number(recorder.views, "obsd_watches") == 3
            assert statements == []

    run(story, path)


def test_a_fact_that_cannot_be_written_fails_alone(path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path) as recorder:
            await recorder.record([added()])
            good = asyncio.create_task(recorder.record([changed("good.py")]))
            bad = asyncio.create_task(recorder.record([changed("bad.py", file_type=["no text"])]))  # type: ignore[arg-type]
            also_good = asyncio.create_task(recorder.record([changed("also.py")]))
            results = await asyncio.gather(good, bad, also_good, return_exceptions=True)
            assert isinstance(results[1], Exception)
            assert recorder.durable
            assert sorted(row.path for row in await recorder.query(Ledger.changes)) == ["also.py", "good.py"]
            assert number(recorder.views, "copilot_files_modified_total", file_type="python", operation="modified") == 2

    run(story, path)


def test_a_caller_that_goes_leaves_its_facts(path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path) as recorder:
            await recorder.record([added()])
            going = asyncio.create_task(recorder.record([changed("gone.py")]))
            await asyncio.sleep(0)
            going.cancel()
            await recorder.record([changed("stays.py")])
            assert [row.path for row in await recorder.query(Ledger.changes)] == ["stays.py", "gone.py"]

    run(story, path)


def test_stopping_writes_what_waits_and_takes_no_more(path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path) as recorder:
            await recorder.record([added()])
            waiting = [asyncio.create_task(recorder.record([changed(f"{n}.py")])) for n in range(50)]
            await asyncio.sleep(0)
            subscription = recorder.subscribe()
        assert sum(len(new) for new in await asyncio.gather(*waiting)) == 51
        assert len([fact async for fact in subscription]) == 51
        with pytest.raises(Unavailable):
            await recorder.record([changed()])
        assert rows(path, "SELECT count(*) FROM changes") == [(50,)]

    run(story, path)


def test_a_query_that_sqlite_refuses_is_a_store_error(path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path) as recorder:
            with pytest.raises(StoreError) as caught:
                await on_connection(recorder, lambda connection: connection.execute("SELECT * FROM nowhere"))
            assert caught.value.reason == "ledger_failed"

    run(story, path)


def test_a_session_is_neither_ended_nor_doubled_by_a_restart(path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path) as recorder:
            await recorder.record([added(), changed("a.py"), changed("b.py", at=T0 + 10)])
        async with recording(path) as recorder:
            await recorder.record([changed("a.py", at=T0 + 200)])
            (session,) = await recorder.query(Ledger.sessions)
            assert (session.files, session.changes, session.ended_at) == (2, 3, None)
        async with recording(path) as recorder:
            (ended,) = [f for f in await recorder.record([Ticked(T0 + 501, "")]) if isinstance(f, SessionEnded)]
            assert (ended.at, ended.duration_seconds) == (T0 + 200, 200)
            (session,) = await recorder.query(Ledger.sessions)
            assert (session.ended_at, session.duration_seconds) == (T0 + 200, 200)

    run(story, path)


def test_pruning_brings_the_ledger_within_its_bounds(path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path) as recorder:
            old = T0 - 100 * 86400
            await recorder.record([added(at=old), *(changed(f"{n}.py", at=old) for n in range(30_000))])
            await recorder.record([commit(1, at=old), changed("new.py")])
            await recorder.prune(retention_days=90, max_bytes=1 << 30)
            assert [row.path for row in await recorder.query(Ledger.changes)] == ["new.py"]
            assert await recorder.query(Ledger.commits) == []
            assert await recorder.record([commit(1)]) == []
            assert rows(path, "SELECT path FROM paths") == [("new.py",)]
            assert rows(path, "SELECT sum(changes) FROM hours") == [(30_001,)]
            counted = number(recorder.views, "copilot_files_modified_total", file_type="python", operation="modified")
            assert counted == 30_001

    run(story, path)


def test_pruning_by_size_takes_the_oldest_first(path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path) as recorder:
            await recorder.record([added()])
            for part in range(4):
                await recorder.record([changed(f"{part}", at=T0 + part)] * 20_000)
            before = used_bytes(path)
            await recorder.prune(retention_days=90, max_bytes=before * 2 // 3)
            left = "SELECT DISTINCT p.path FROM changes c JOIN paths p ON p.id = c.path ORDER BY p.path"
            assert rows(path, left) == [("2",), ("3",)]
            assert used_bytes(path) <= before * 2 // 3

    run(story, path)
