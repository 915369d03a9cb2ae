"""Reports of hooks joined with what the reflog has: who made a commit, in whatever order the two come."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from obsd.git import spool
from obsd.sources.commit_tracker import Process, Report
from tests.integration.commits.commit_rig import Rig, Scenario, edit, rig, run_with_hooks
from tests.support import Repository


@pytest.fixture
def run(short_tmp: Path, repository: Repository) -> Callable[[Scenario], None]:
    return lambda scenario: run_with_hooks(short_tmp / "state", repository, scenario)


def report(repository: Repository, commit: str, **fields: object) -> Report:
    values: dict[str, object] = {"id": f"r-{commit}", "worktree": str(repository.path), "commit_id": commit}
    return Report(**(values | {"reported_at": time.time()} | fields))  # type: ignore[arg-type]


def test_the_scan_finds_the_report_in_the_spool(run: Callable[[Scenario], None]) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        edit(repository, "a.txt", "feat: a", CODEX_THREAD_ID="t")
        (row,) = await made.scan()
        assert (row.agent, row.evidence, row.source, row.branch) == ("codex", "environment", "hook", "main")
        (waiting,) = spool.read(made.spool)
        outcomes = await made.commits.report([waiting.report, waiting.report])
        assert [outcome.result for outcome in outcomes] == ["counted", "known"]
        assert len(await made.scan()) == 1

    run(scenario)


def test_the_scan_waits_for_a_report_that_is_not_there_yet(run: Callable[[Scenario], None]) -> None:
    """The watcher sees the log before the hook has run to its end."""

    async def scenario(made: Rig, repository: Repository) -> None:
        hook = repository.path / ".git" / "hooks" / "post-commit"
        away = hook.with_name("away")
        away.write_bytes(hook.read_bytes())
        hook.write_text(hook.read_text().split("\n")[0] + "\n" + "\n".join(hook.read_text().split("\n")[1:2]) + "\n")
        edit(repository, "a.txt", "feat: a")
        looking = asyncio.create_task(made.scan())
        await asyncio.sleep(0)
        environment = {**repository.environment, "CLAUDECODE": "1"}
        run = partial(subprocess.run, ["sh", str(away)], cwd=repository.path, env=environment, check=True)
        await asyncio.to_thread(run)
        (row,) = await looking
        assert (row.agent, row.evidence, row.source) == ("claude-code", "environment", "hook")

    run(scenario)


def test_the_spool_is_taken_at_start(run: Callable[[Scenario], None]) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        await made.stop()
        commits = [edit(repository, f"{n}.txt", f"feat: {n}", CLAUDECODE="1") for n in range(5)]
        repository.git("commit", "-q", "--amend", "-m", "feat: amended")
        await made.start()
        rows = await made.rows()
        assert [row.commit_id for row in rows] == [*commits[:4], repository.git("rev-parse", "HEAD")]
        assert rows[4].earlier_ids == (commits[4],)
        assert {(row.agent, row.source) for row in rows} == {("claude-code", "hook")}
        assert spool.backlog(made.spool) == 0
        assert made.rewrites() == {"amend": 1}
        await made.restart()
        assert len(await made.scan()) == 5
        assert made.metrics().sum("git_commits_total", workspace="w") == 5
        assert made.metrics().sum("obsd_commits_recovered_total", workspace="w") == 0

    run(scenario)


def test_commits_without_a_report_are_recovered(run: Callable[[Scenario], None]) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        repository.git("-c", "core.hooksPath=", "commit", "-q", "--allow-empty", "-m", "feat: by a hermit")
        (row,) = await made.scan()
        assert (row.source, row.agent) == ("reflog", "unknown")
        assert made.metrics().sum("obsd_commits_recovered_total", workspace="w") == 1

    run(scenario)


def test_reports_that_cannot_be_used(run: Callable[[Scenario], None], short_tmp: Path) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        head, tree = repository.git("rev-parse", "HEAD"), repository.git("rev-parse", "HEAD^{tree}")
        elsewhere = report(repository, head, worktree=str(short_tmp))
        outcomes = await made.commits.report(
            [
                elsewhere,
                report(repository, "0" * 39 + "1"),
                report(repository, tree),
                report(repository, head),
                report(repository, "", hook="probe"),
                Report("p", str(short_tmp), hook="probe"),
            ]
        )
        assert [(outcome.result, outcome.reason) for outcome in outcomes] == [
            ("refused", "unknown_repository"),
            ("refused", "unknown_commit"),
            ("refused", "not_a_commit"),
            ("known", ""),
            ("known", ""),
            ("refused", "unknown_repository"),
        ]
        assert all(outcome.hint for outcome in outcomes if outcome.result == "refused")
        assert await made.scan() == []

    run(scenario)


def test_strange_ancestors_do_no_harm(run: Callable[[Scenario], None]) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        commit = edit(repository, "a.txt", "feat: a")
        ancestors = (
            Process(2**31 - 1, "gone"),
            Process(1, "init"),
            Process(0, "\n"),
            Process(os.getpid(), "other"),
        )
        (outcome,) = await made.commits.report([report(repository, commit, ancestors=ancestors)])
        assert outcome.result == "counted"

    run(scenario)


@pytest.mark.parametrize("how", ["post-commit", "amend", "rebase", "merge"])
def test_a_repository_without_a_reflog_counts_reports(
    short_tmp: Path, make_repository: Callable[[str], Repository], how: str
) -> None:
    repository = make_repository("unlogged")
    repository.git("config", "core.logAllRefUpdates", "false")
    edit(repository, "a.txt", "feat: base")

    async def scenario(made: Rig, repository: Repository) -> None:
        if how == "post-commit":
            edit(repository, "a.txt", "feat: one")
        elif how == "amend":
            repository.git("commit", "-q", "--amend", "-m", "feat: amended")
        else:
            repository.git("checkout", "-q", "-b", "topic")
            edit(repository, "t.txt", "feat: topic")
            repository.git("checkout", "-q", "main")
            edit(repository, "m.txt", "feat: main")
            repository.git(*(("rebase", "-q", "topic") if how == "rebase" else ("merge", "-q", "--no-edit", "topic")))
        assert not (repository.path / ".git" / "logs" / "HEAD").exists()
        await made.restart()
        expected = {
            "post-commit": (["commit"], {}),
            "amend": ([], {"amend": 1}),
            "rebase": (["commit", "commit"], {"rebase": 1}),
            "merge": (["commit", "commit", "merge"], {}),
        }
        assert (sorted(row.kind for row in await made.rows()), dict(made.rewrites())) == expected[how]

    run_with_hooks(short_tmp / "state", repository, scenario)


def test_linked_worktrees_are_their_own(short_tmp: Path, repository: Repository) -> None:
    async def run() -> None:
        async with rig(short_tmp / "state") as made:
            await made.add(repository.path, "main", with_hooks=True)
            linked = short_tmp / "linked"
            repository.git("worktree", "add", "-q", "-b", "side", str(linked))
            repository.git("-C", str(linked), "commit", "-q", "--allow-empty", "-m", "feat: before it was found")
            await made.add(linked, "main/linked", parent="main")
            repository.git("-C", str(linked), "commit", "-q", "--allow-empty", "-m", "feat: linked", CLAUDECODE="1")
            edit(repository, "a.txt", "feat: main")
            rows = await made.scan("main/linked")
            assert [(row.subject, row.branch, row.agent) for row in rows] == [
                ("feat: before it was found", "side", "unknown"),
                ("feat: linked", "side", "claude-code"),
            ]
            assert [row.subject for row in await made.scan("main")] == ["feat: main"]

    asyncio.run(asyncio.wait_for(run(), 60))


def test_a_large_commit_holds_up_nothing(short_tmp: Path, repository: Repository) -> None:
    async def run() -> None:
        other = Repository(short_tmp / "other", repository.environment)
        edit(other, "a.txt", "feat: base")
        async with rig(short_tmp / "state") as made:
            await made.add(repository.path, "large")
            await made.add(other.path, "small")
            for number in range(2_000):
                repository.write(f"d{number % 100}/{number}.txt", f"{number}\n" * 20)
            repository.commit("feat: a lot")
            edit(other, "a.txt", "feat: little")
            large = asyncio.create_task(made.scan("large"))
            await asyncio.sleep(0)
            (row,) = await made.scan("small")
            assert row.subject == "feat: little"
            assert not large.done()
            (row,) = await large
            assert (row.files_changed, row.lines_added) == (2_000, 40_000)

    asyncio.run(asyncio.wait_for(run(), 60))


def test_reftable(short_tmp: Path, repository: Repository) -> None:
    """References and reflogs in a table: the hook cannot read HEAD, and the reports count."""
    tables = Repository(short_tmp / "tables", repository.environment | {"GIT_DEFAULT_REF_FORMAT": "reftable"})
    if not (tables.path / ".git" / "reftable").is_dir():
        pytest.skip("git is too old for reftable")
    edit(tables, "a.txt", "feat: base")

    async def scenario(made: Rig, tables: Repository) -> None:
        edit(tables, "a.txt", "feat: counted", CLAUDECODE="1")
        await made.restart()
        (row,) = await made.rows()
        assert (row.subject, row.source, row.lines_added) == ("feat: counted", "hook", 1)
        assert (row.agent, row.branch) == ("claude-code", "main")

    run_with_hooks(short_tmp / "state", tables, scenario)
