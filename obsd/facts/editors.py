"""The facts of editors: what their extension reports of saves and of suggestions.

Frozen data; any thread. Times are Unix seconds of the wall clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from obsd.facts.base import Fact

SuggestionOutcome = Literal["shown", "accepted", "rejected", "undone"]
SUGGESTION_OUTCOMES: tuple[SuggestionOutcome, ...] = ("shown", "accepted", "rejected", "undone")


@dataclass(frozen=True, slots=True)
class EditorSaved(Fact):
    """An editor saved a file, `at` that time; `content_id` is the git blob id of what it saved.

    `authors` made the edits in it: agents by their ids, `person`, and `unknown` where the editor does not say.
    `reloaded_at` is when the editor read the file from disk last before these edits, 0 where it did not.
    """

    recorded: ClassVar[bool] = False
    stored: ClassVar[bool] = False

    path: str
    content_id: str
    authors: tuple[str, ...]
    reloaded_at: float = 0.0


@dataclass(frozen=True, slots=True)
class SuggestionEnded(Fact):
    """What became of suggestions of a provider: `count` of them, with so many lines (None: not known).

    `provider` is the id of its extension. Further parts of an accepted suggestion have lines, and a count of 0.
    """

    recorded: ClassVar[bool] = False

    provider: str
    outcome: SuggestionOutcome
    count: int
    lines: int | None
