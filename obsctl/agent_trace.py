"""Trace records of the Agent Trace specification 0.1.0, as `obsctl export agent-trace` prints them. Pure.

Paths, ranges, and who: human, ai, mixed or unknown. No text, no prompt, and no person's name.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from obsctl import documents
from obsctl.exchange import Author, CommitAuthors, FileAuthors, Range
from obsctl.schema import exchange
from obsd import __version__, rpc_encoding
from obsd.text import printable

VERSION: Final = "0.1.0"
_TYPES: Final[dict[str, exchange.ContributorType]] = {"person": "human", "several": "mixed", "unknown": "unknown"}


def record(commit: CommitAuthors) -> exchange.TraceRecord:
    """The record of a commit; the same at every export."""
    return {
        "version": VERSION,
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:obsd:commit:{commit.commit_id}")),
        "timestamp": documents.time(rpc_encoding.timestamp(commit.at)),
        "vcs": {"type": "git", "revision": commit.commit_id},
        "tool": {"name": "obsd", "version": __version__},
        "files": [_file(one) for one in commit.files],
    }


def _file(file: FileAuthors) -> exchange.TraceFile:
    conversations = [_conversation(author, ranges) for author, ranges in file.authors.items()]
    return {"path": printable(file.path), "conversations": conversations}


def _conversation(author: Author, ranges: Sequence[Range]) -> exchange.TraceConversation:
    return {
        "contributor": {"type": _TYPES.get(author.agent, "ai")},
        "ranges": [{"start_line": one.first, "end_line": one.last} for one in ranges],
        "related": [] if author.agent in _TYPES else _related(author),
    }


def _related(author: Author) -> list[exchange.TraceResource]:
    agent, session = (quote(text, safe="") for text in author)
    found: list[exchange.TraceResource] = [{"type": "agent", "url": f"urn:obsd:agent:{agent}"}]
    if session:
        found.append({"type": "session", "url": f"urn:obsd:session:{agent}:{session}"})
    return found
