"""The colour of each author on one screen: agents differ, people are plain, who is not known is dim. Pure.

The colours are a terminal's own, which its user can read on light and on dark ground.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from obsd.authorship.shares import OPEN_AUTHORS
from obsd.facts import PERSON

_AGENTS: Final = ("cyan", "magenta", "blue", "green", "red", "yellow")


class AuthorStyles:
    """The styles of some authors, by their order."""

    def __init__(self, authors: Iterable[str]) -> None:
        agents = dict.fromkeys(author for author in authors if author != PERSON and author not in OPEN_AUTHORS)
        self._styles = {agent: _AGENTS[place % len(_AGENTS)] for place, agent in enumerate(agents)}

    def of(self, author: str) -> str:
        """Returns the style of an author, which may be one that was not named before."""
        if author == PERSON:
            return ""
        if author in OPEN_AUTHORS:
            return "dim"
        return self._styles.setdefault(author, _AGENTS[len(self._styles) % len(_AGENTS)])
