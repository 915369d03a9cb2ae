"""Estimates how likely an unattributed session was an agent's: when to learn, and from which sessions.

Owns the model in force. It learns from evidence only: sessions with agents, and sessions whose commits a hook reported
without any agent's marker. A likelihood is shown next to `unknown` and counts nowhere. On the event loop; sessions are
read on the ledger's thread, and the model is learnt on another worker thread.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from obsd.analysis.classifier import Model, SessionFeatures, learn
from obsd.errors import ObsdError
from obsd.ledger import Ledger, SessionRow
from obsd.recorder import Recorder
from obsd.tasks.supervision import spawn

LEARN_SECONDS: Final = 3600.0
PATIENCE_SECONDS: Final = 0.5
STEP: Final = 20
"""Sessions that are read at a time."""
MOST_EXAMPLES: Final = 400
"""Of each kind, the newest."""
MOST_ASKED: Final = 500
"""Sessions of one answer that get a likelihood: the newest."""
LEAST_CHANGES: Final = 3
"""A session with fewer changes has no features."""


log = logging.getLogger(__name__)


class Likelihoods:
    """The model of one ledger. `clock` gives monotonic seconds; an answer waits `patience_seconds` for learning."""

    def __init__(
        self, recorder: Recorder, clock: Callable[[], float], patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._recorder = recorder
        self._clock = clock
        self._patience_seconds = patience_seconds
        self._model: Model | None = None
        self._learnt_at: float | None = None
        self._learning: asyncio.Task[None] | None = None

    async def of(self, rows: Sequence[SessionRow]) -> dict[str, float]:
        """Returns likelihoods by id for sessions without a known agent; empty while there is no model."""
        asked = [row for row in rows if not row.agents and row.changes >= LEAST_CHANGES][:MOST_ASKED]
        model = await self.model() if asked else None
        if model is None:
            return {}
        features = await self._features(asked)
        return {row.session_id: model.likelihood(one.vector()) for row, one in zip(asked, features, strict=True)}

    async def model(self) -> Model | None:
        """Returns the model in force, or None; an old one is replaced, in the background if that takes long."""
        old = self._learnt_at is None or self._clock() - self._learnt_at > LEARN_SECONDS
        if self._learning is None and old:
            self._learning = spawn("learning how agents' sessions differ", self._learn())
        if self._learning is not None:
            await asyncio.wait({self._learning}, timeout=self._patience_seconds)
        return self._model

    async def _learn(self) -> None:
        try:
            rows = await self._recorder.query(_known)
            features = await self._features(rows)
            known = [bool(row.agents) for row in rows]
            self._model = await asyncio.to_thread(_learnt, features, known)
        except ObsdError as error:
            log.warning("the likelihood that sessions are an agent's cannot be learnt: %s", error.message)
        finally:
            self._learnt_at = self._clock()
            self._learning = None

    async def _features(self, rows: Sequence[SessionRow]) -> list[SessionFeatures]:
        """Returns the features of sessions, read in steps between which writers are served."""
        features: list[SessionFeatures] = []
        for first in range(0, len(rows), STEP):
            step = rows[first : first + STEP]
            features += await self._recorder.query(partial(_features_of, step))
        return features


def _known(ledger: Ledger) -> list[SessionRow]:
    """Returns the sessions that are known to be an agent's or not, oldest first."""
    ended = [row for row in ledger.sessions() if row.ended_at is not None and row.changes >= LEAST_CHANGES]
    agents = [row for row in ended if row.agents][:MOST_EXAMPLES]
    others = [row for row in ended if not row.agents and row.commits][:MOST_EXAMPLES]
    return sorted((*agents, *others), key=lambda row: row.started_at)


def _features_of(rows: Sequence[SessionRow], ledger: Ledger) -> list[SessionFeatures]:
    return ledger.session_features.of(rows)


def _learnt(features: Sequence[SessionFeatures], known: Sequence[bool]) -> Model | None:
    return learn([(one.vector(), is_agent) for one, is_agent in zip(features, known, strict=True)])
