"""The wait until the changes that are recorded have their authors. On the event loop."""

from __future__ import annotations

import time
from collections.abc import Collection

from obsd.authorship.facts import ChangeAttributed
from obsd.facts import Ticked, WorkspaceRemoved
from obsd.recorder import Recorder

_KINDS = frozenset({ChangeAttributed.__name__, WorkspaceRemoved.__name__})


async def authors_known(recorder: Recorder, workspaces: Collection[str]) -> None:
    """Returns when each change that these workspaces have now is attributed: by the evidence, or to nobody."""
    facts = recorder.subscribe(kinds=_KINDS)
    try:
        # After a restart the time that changes wait begins with the first fact.
        await recorder.record([Ticked(time.time(), "")])
        view = recorder.views.authorship
        waiting = {change.number for change in view.waiting if change.workspace in workspaces}
        while waiting:
            fact = await anext(facts)
            if isinstance(fact, ChangeAttributed):
                waiting.discard(fact.change)
            if facts.dropped or isinstance(fact, WorkspaceRemoved):
                waiting = {number for number in waiting if number in view.waiting}
    finally:
        facts.close()
