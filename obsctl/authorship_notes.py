"""Authorship logs in the form of git-ai's notes (`authorship/3.0.0`), as `obsctl export notes` prints and writes them.

Agents' lines alone: a note has the lines of each session, and people and the unknown are what it has not. Pure, but for
`write`, which the user asks for.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from obsctl.exchange import CommitAuthors, FileAuthors, Range
from obsd.facts.words import is_agent
from obsd.git import program
from obsd.text import printable

REF: Final = "refs/notes/ai"
SCHEMA: Final = "authorship/3.0.0"
_DIVIDER: Final = "---"
_HEX: Final = 14
_TOOLS: Final = {"claude-code": "claude", "copilot-cli": "copilot", "gemini-cli": "gemini", "factory-droid": "droid"}
"""What git-ai calls agents, where it has another word."""


def note(commit: CommitAuthors) -> str:
    """The note of a commit; empty where no line is proved an agent's."""
    sessions: dict[str, Any] = {}
    lines: list[str] = []
    for file in commit.files:
        own = _attestations(commit, file, sessions)
        lines += [_quoted(file.path), *own] if own else []
    if not lines:
        return ""
    metadata = {"schema_version": SCHEMA, "base_commit_sha": commit.commit_id, "prompts": {}, "sessions": sessions}
    return "\n".join([*lines, _DIVIDER, json.dumps(metadata, indent=2), ""])


def written(root: Path) -> set[str]:
    """The commits of a repository that have a note. Errors: ObsdError."""
    try:
        output = program.run(root, ["notes", f"--ref={REF}", "list"])
    except program.GitFailed:
        return set()
    return {words[1] for line in output.decode("ascii", "replace").splitlines() if len(words := line.split()) == 2}


def write(root: Path, commit_id: str, text: str) -> None:
    """Adds a note to a commit that has none. Errors: ObsdError."""
    program.run(root, ["notes", f"--ref={REF}", "add", "-F", "-", commit_id], stdin=text.encode("utf-8"))


def _attestations(commit: CommitAuthors, file: FileAuthors, sessions: dict[str, Any]) -> list[str]:
    lines = []
    for author, ranges in file.authors.items():
        if not is_agent(author.agent):
            continue
        tool, session = _TOOLS.get(author.agent, printable(author.agent)), printable(author.session) or "unknown"
        key = "s_" + _hash(f"{tool}:{session}")
        trace = "t_" + _hash(f"{commit.commit_id}:{tool}:{session}")
        sessions[key] = {"agent_id": {"tool": tool, "id": session, "model": "unknown"}}
        lines.append(f"  {key}::{trace} {','.join(map(_range, ranges))}")
    return lines


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:_HEX]


def _range(one: Range) -> str:
    return str(one.first) if one.first == one.last else f"{one.first}-{one.last}"


def _quoted(path: str) -> str:
    """A path as a line of the note; in quotes where it has blanks, or would be read as something else."""
    shown = printable(path)
    return f'"{shown}"' if shown == _DIVIDER or any(one.isspace() for one in shown) else shown
