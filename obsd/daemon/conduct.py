"""What happens beside the changes: who is at work, and whether the workflow rules are kept.

Owns the witness and the adherence to rules, and when they start and stop. On the event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from obsd.agents.table import AgentTable
from obsd.config import Config
from obsd.facts import Fact
from obsd.health import Health
from obsd.recorder import Recorder
from obsd.sources.process_sampler import ProcessSampler
from obsd.sources.rule_evaluator import Adherence, limits_of
from obsd.workspaces.workspace import Workspace


class Conduct:
    """Both, for the workspaces that `workspaces` gives, by the configuration that `config` gives."""

    def __init__(
        self,
        recorder: Recorder,
        workspaces: Callable[[], Sequence[Workspace]],
        config: Callable[[], Config],
        health: Health,
    ) -> None:
        self._recorder = recorder
        self._witness = ProcessSampler(recorder.views, workspaces, AgentTable.build(config().agents), health)
        self._adherence = Adherence(recorder, workspaces, lambda name: limits_of(config().rules_for(name)))

    async def start(self) -> None:
        """Before the first change is recorded."""
        self._recorder.witness = self._witness
        # So that no scrape sees a length jump between a step of the clock and the fact that tells of it.
        self._recorder.views.metrics.clock = self._witness.now
        await self._witness.check()
        await self._adherence.start()

    async def added(self) -> None:
        """There is a new workspace."""
        await self._witness.check()

    async def judge(self, workspace: Workspace, facts: Sequence[Fact]) -> list[Fact]:
        """What the rules say of commits that are about to be recorded."""
        return await self._adherence.judge(workspace, facts)

    def look(self, workspace: str) -> None:
        """HEAD has moved in a workspace."""
        self._adherence.ask(workspace)

    def reconfigure(self) -> None:
        """The rules may have changed: each workspace is held against them again."""
        self._adherence.ask_all()

    async def stop(self) -> None:
        """Judges no more. The witness stays until the recorder has stopped."""
        await self._adherence.stop()
