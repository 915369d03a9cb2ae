"""How likely the sessions of nobody known are an agent's: when to learn, from which sessions, and for whom.

Owns the model in force. What is known comes from evidence alone: sessions with agents on one side, on the other those
whose commits a hook reported without a mark of any. A likelihood is shown beside `unknown`, and counts nowhere. On the
event loop; reading is done on the ledger's thread, learning on another worker thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from obsd.analysis.patterns import Example, Model, Shape, learn
from obsd.ledger import Ledger, SessionRow
from obsd.recorder import Recorder

LEARN_SECONDS: Final = 3600.0
MOST_EXAMPLES: Final = 400
"""Of each kind, the newest."""
MOST_ASKED: Final = 500
"""Sessions of one answer that are looked at: the newest."""
LEAST_CHANGES: Final = 3
"""A session of fewer has no form."""


class Likelihoods:
    """The model of one ledger; `clock` gives monotonic seconds."""

    def __init__(self, recorder: Recorder, clock: Callable[[], float]) -> None:
        self._recorder = recorder
        self._clock = clock
        self._model: Model | None = None
        self._learnt_at: float | None = None
        self._learning = asyncio.Lock()

    async def of(self, rows: Sequence[SessionRow]) -> dict[str, float]:
        """Likelihoods by session id, of those that nobody is known in; empty while there is no model."""
        asked = [row for row in rows if not row.agents and row.changes >= LEAST_CHANGES][:MOST_ASKED]
        model = await self.model() if asked else None
        if model is None:
            return {}
        shapes = await self._recorder.query(lambda ledger: ledger.shapes.of(asked))
        return {
            row.session_id: model.likelihood(shape.vector()) for row, shape in zip(asked, shapes, strict=True)
        }

    async def model(self) -> Model | None:
        """The model in force, learnt anew when it is old."""
        async with self._learning:
            if self._learnt_at is None or self._clock() - self._learnt_at > LEARN_SECONDS:
                known = await self._recorder.query(_known)
                self._model = await asyncio.to_thread(_learnt, known)
                self._learnt_at = self._clock()
        return self._model


def _known(ledger: Ledger) -> list[tuple[Shape, bool]]:
    """The forms of sessions that are known to be one or the other, oldest first."""
    ended = [row for row in ledger.sessions() if row.ended_at is not None and row.changes >= LEAST_CHANGES]
    agents = [row for row in ended if row.agents][:MOST_EXAMPLES]
    others = [row for row in ended if not row.agents and row.commits][:MOST_EXAMPLES]
    rows = sorted((*agents, *others), key=lambda row: row.started_at)
    return [(shape, bool(row.agents)) for row, shape in zip(rows, ledger.shapes.of(rows), strict=True)]


def _learnt(known: Sequence[tuple[Shape, bool]]) -> Model | None:
    examples: list[Example] = [(shape.vector(), is_agent) for shape, is_agent in known]
    return learn(examples)
