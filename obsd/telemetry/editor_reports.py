"""The reports of the editors' extension (`packaging/vscode`): log records become facts of editors.

Owns who made an edit by the editor's word for it. Text from outside is bounded and
checked: a record that is not understood says nothing. Pure, any thread.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from obsd.agents.table import extensions
from obsd.facts import PERSON, UNKNOWN_AGENT, Fact
from obsd.facts.editors import SUGGESTION_OUTCOMES, EditorSaved, SuggestionEnded, SuggestionOutcome
from obsd.v1 import otlp_pb2 as pb
from obsd.workspaces.places import locate

SCOPE: Final = "obsd.vscode"
MAX_PATH_CHARACTERS: Final = 4096
MAX_CHANGES_CHARACTERS: Final = 64 << 10
MAX_COUNT: Final = 1 << 24
NO_PROVIDER: Final = "unknown"

_SAVED: Final = "obsd.editor.saved"
_SUGGESTION: Final = "obsd.editor.suggestion"
_STATISTICS: Final = "stats"
"""How suggestions are known by the editor's statistics, which have no lines and no provider."""
_CONTENT_ID: Final = re.compile(r"[0-9a-f]{40}")
_EXTENSION: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")

_BY_PERSON: Final = frozenset({"typed", "pasted", "completed", "command", "undone"})
_BY_PROVIDER: Final = frozenset({"accepted", "applied"})
_FORMATTED: Final = "formatted"
"""A formatter rearranges what others wrote: it is no author beside them, and alone nobody's."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a record says; `path` is absolute, or empty. `fact` is of no workspace yet, and has that path."""

    path: str
    fact: EditorSaved | SuggestionEnded


def read(record: pb.LogRecord) -> Report | None:
    """Returns what a record says, or None where it is none of the extension's, or is broken."""
    words: dict[str, Any] = {}
    for attribute in record.attributes:
        kind = attribute.value.WhichOneof("value")
        if kind:
            words[attribute.key] = getattr(attribute.value, kind)
    at = record.time_unix_nano / 1e9
    name, path = words.get("event.name"), words.get("path")
    if not isinstance(path, str) or len(path) > MAX_PATH_CHARACTERS or (path and not path.startswith("/")):
        return None
    if name == _SAVED:
        return _saved(at, path, words)
    return _suggestion(at, path, words) if name == _SUGGESTION else None


def facts(reports: Iterable[Report], workspaces: Mapping[str, str], now: float) -> Iterator[Fact]:
    """The facts of reports, given the names of workspaces by their folders; files of none are left out."""
    for report in reports:
        place = locate(workspaces, report.path) if report.path else None
        fact = report.fact
        if isinstance(fact, SuggestionEnded):
            workspace = place[0] if place else ""
            if place or not report.path:
                yield SuggestionEnded(now, workspace, fact.provider, fact.outcome, fact.count, fact.lines)
        elif place:
            yield EditorSaved(fact.at, place[0], place[1], fact.content_id, fact.authors, fact.reloaded_at)


def _saved(at: float, path: str, words: Mapping[str, Any]) -> Report | None:
    content_id, changes, reloaded = words.get("content"), words.get("changes"), words.get("reloaded", 0)
    if not isinstance(content_id, str) or not isinstance(changes, str) or len(changes) > MAX_CHANGES_CHARACTERS:
        return None
    if not path or not at or not _CONTENT_ID.fullmatch(content_id) or not isinstance(reloaded, int | float):
        return None  # one without a content can be joined with nothing
    try:
        parts = json.loads(changes)
    except (ValueError, RecursionError):
        return None
    if not isinstance(parts, list) or not math.isfinite(reloaded):
        return None
    authors = {author for part in parts for author in _authors(part)}
    if words.get("whole") is not True:
        authors.add(UNKNOWN_AGENT)
    return Report(path, EditorSaved(at, "", path, content_id, tuple(sorted(authors)), float(reloaded)))


def _authors(part: object) -> tuple[str, ...]:
    """Who made the edits of a part; nobody where there are none, or a formatter did."""
    if not isinstance(part, dict) or not isinstance(part.get("origin"), str):
        return (UNKNOWN_AGENT,)
    origin, agent = part["origin"], extensions().get(_provider(part.get("provider")))
    if origin == _FORMATTED:
        return ()
    if origin in _BY_PERSON:
        # A list of completions and a code action are the person's choice, unless an agent's extension made them.
        return (agent or PERSON,)
    return (agent,) if agent and origin in _BY_PROVIDER else (UNKNOWN_AGENT,)


def _suggestion(at: float, path: str, words: Mapping[str, Any]) -> Report | None:
    outcome, count, lines = words.get("outcome"), _count(words.get("count")), _count(words.get("lines"))
    known = lines is not None or ("lines" not in words and words.get("how") == _STATISTICS)
    if outcome not in SUGGESTION_OUTCOMES or count is None or not known:
        return None
    provider = _provider(words.get("provider")) or NO_PROVIDER
    return Report(path, SuggestionEnded(at, "", provider, cast(SuggestionOutcome, outcome), count, lines))


def _provider(value: object) -> str:
    """An extension's id in lower case; empty where it is none."""
    name = value.lower() if isinstance(value, str) else ""
    return name if _EXTENSION.fullmatch(name) else ""


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT else None
