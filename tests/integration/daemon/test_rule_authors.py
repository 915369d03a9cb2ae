"""Rules that ask for an agent go by who wrote, and by nobody's presence: on a real recorder and ledger."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from obsd.authorship.facts import WriteRecorded, WriterSeen
from obsd.config import Config
from obsd.facts import AgentsPresent, Fact, FileChanged, Ticked, WorkspaceAdded
from obsd.ledger import Ledger
from obsd.recorder import Recorder
from obsd.sources.rule_evaluator import RuleEvaluator
from obsd.views import Views
from obsd.workspaces.registry import Registry
from obsd.workspaces.workspace import Workspace
from tests.threads_git import ThreadsGit

WAIT_SECONDS = 30.0
SECRET = "conf/.env"


class Rules:
    """A recorder whose facts the rules follow, and the violations of a workspace `w` so far."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.recorder: Recorder

    async def start(self) -> None:
        self.recorder = Recorder(Ledger.open(self._folder / "ledger.sqlite"), Views(time.time))
        await self.recorder.start()
        registry = Registry(self._record, _nothing, _nothing, None)
        registry.restore([Workspace("w", str(self._folder), time.time(), "")])
        self._evaluator = RuleEvaluator(
            self.recorder, registry, lambda name: Config().rules_for(name).limits(), ThreadsGit()
        )
        self._evaluator.start()

    async def stop(self) -> None:
        await self._evaluator.stop()
        await self.recorder.stop()

    async def _record(self, facts: list[Fact]) -> None:
        await self.recorder.record(facts)

    async def changed(self, path: str, *others: Fact) -> None:
        now = time.time()
        await self.recorder.record([*others, FileChanged(now, "w", path, "created", "other", 1, 0)])

    async def violations(self) -> list[tuple[str, str, str]]:
        rows = await self.recorder.query(lambda ledger: ledger.violations("w"))
        return [(row.rule, row.subject, row.detail) for row in rows]

    async def until(self, condition: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            while not await condition():  # noqa: ASYNC110 what is waited for has no signal
                await asyncio.sleep(0.02)

    async def until_violations(self, count: int) -> None:
        async def there() -> bool:
            return len(await self.violations()) >= count

        await self.until(there)

    async def until_kept(self) -> None:
        async def kept() -> bool:
            return not self.recorder.views.metrics.rule_broken("w", "protected_paths")

        await self.until(kept)


async def _nothing(workspace: Workspace) -> None:
    """Nobody needs to know."""


def run(folder: Path, story: Callable[[Rules], Awaitable[None]]) -> None:
    async def main() -> None:
        rules = Rules(folder)
        await rules.start()
        await rules.recorder.record([WorkspaceAdded(time.time(), "w", str(folder))])
        try:
            await story(rules)
        finally:
            await rules.stop()

    asyncio.run(asyncio.wait_for(main(), 2 * WAIT_SECONDS))


def written(path: str, agent: str) -> WriterSeen:
    return WriterSeen(time.time(), "w", path, agent, "s1", "node")


def test_an_agent_that_is_merely_there_breaks_nothing(tmp_path: Path) -> None:
    async def story(rules: Rules) -> None:
        await rules.recorder.record([AgentsPresent(time.time(), "w", ("codex",))])
        await rules.changed(SECRET, written(SECRET, "person"))
        await rules.changed("other.pem")
        # What the agent itself wrote is judged behind these.
        await rules.changed("a.pem", written("a.pem", "codex"))
        await rules.until_violations(1)
        assert await rules.violations() == [("protected_paths", "a.pem", "matches *.pem; written by codex (writer)")]

    run(tmp_path, story)


def test_evidence_that_comes_late_breaks_the_rule_once(tmp_path: Path) -> None:
    async def story(rules: Rules) -> None:
        await rules.changed(SECRET)
        rows = await rules.recorder.query(lambda ledger: ledger.changes("w", 1))
        at = rows[0].at

        async def unknown() -> bool:
            return (await rules.recorder.query(lambda ledger: ledger.changes("w", 1)))[0].agent == "unknown"

        await rules.until(unknown)
        claim = WriteRecorded(time.time(), "w", SECRET, "codex", "s1", "t1", at - 0.1, at, 1, 0)
        await rules.recorder.record([claim])
        await rules.until_violations(1)
        # The same once more, and another path: the rule is broken already.
        await rules.recorder.record([claim])
        await rules.changed("a.pem", written("a.pem", "codex"))
        await rules.stop()
        await rules.start()
        await rules.changed("b.pem", written("b.pem", "codex"))
        await rules.changed("b.txt", written("b.txt", "codex"))
        assert await rules.violations() == [("protected_paths", SECRET, "matches .env; written by codex (record)")]
        assert rules.recorder.views.metrics.rule_broken("w", "protected_paths")

    run(tmp_path, story)


def test_what_is_known_after_the_session_is_a_violation_that_has_ended(tmp_path: Path) -> None:
    async def story(rules: Rules) -> None:
        await rules.changed(SECRET)
        at = time.time()
        await rules.recorder.record([Ticked(at + 400, "")])
        assert rules.recorder.views.sessions.open == {}
        await rules.recorder.record([WriteRecorded(at, "w", SECRET, "codex", "s", "t", at - 1, at, 1, 0)])
        await rules.until_violations(1)
        await rules.until_kept()
        assert len(await rules.violations()) == 1

    run(tmp_path, story)
