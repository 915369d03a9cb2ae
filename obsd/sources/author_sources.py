"""How the sources of evidence for authors are: which speak, and what would bring those that do not.

Owns the words for it; sources say what they are, status, doctor and a metric show it. Event loop only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from obsd.facts import AUTHOR_SOURCES, AuthorSource


@dataclass(frozen=True, slots=True)
class SourceState:
    """Whether a source speaks; `text` says why not, or what is missing nevertheless, `hint` what helps."""

    up: bool = False
    text: str = ""
    hint: str = ""


class AuthorSources(Mapping[AuthorSource, SourceState]):
    """The states by source. `shown` is called with each that changes."""

    def __init__(self, shown: Callable[[str, bool], None]) -> None:
        self._shown = shown
        self._states = dict.fromkeys(AUTHOR_SOURCES, SourceState(False, "it was not started"))

    def put(self, source: AuthorSource, state: SourceState) -> None:
        """How a source is from now on."""
        self._states[source] = state
        self._shown(source, state.up)

    def __getitem__(self, source: AuthorSource) -> SourceState:
        return self._states[source]

    def __iter__(self) -> Iterator[AuthorSource]:
        return iter(self._states)

    def __len__(self) -> int:
        return len(self._states)
