"""Who wrote the lines of commits by the notes that other tools attach to them: git-ai's and Qwen Code's.

Owns where such notes are and both formats. A note claims and does not prove, and whoever can write to the repository
can write one: it has a say on lines alone whose author nothing else tells. Blocking: for the daemon it runs in a
reader.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from obsd.git import program
from obsd.git.layout import Layout

GIT_AI: Final = "refs/notes/ai"
"""Ranges of lines by session: https://github.com/git-ai-project/git-ai, Git AI Standard 3.0.0."""
QWEN_CODE: Final = "refs/notes/ai-attribution"
"""Characters by file. Other tools use the name for formats of their own, which are left alone."""

MAX_NOTE_BYTES: Final = 1 << 20
_MAX_TOGETHER_BYTES: Final = 16 << 20
_MAX_RANGES: Final = 100_000
"""Of a note with more, the first count."""
_MOST_COMMITS: Final = 2_000
_SCHEMA: Final = "authorship/"
_DIVIDER: Final = "---"
_PERSON_KEY: Final = "h_"
_QWEN_GENERATORS: Final = frozenset({"qwen-coder", "qwen-code"})


class Claim(NamedTuple):
    """Lines `first` to `last` of a commit's file, counted from 1, and the tool that wrote them by the note, as the note
    calls it; empty for a person. `last` is 0 for all that the commit adds to the file."""

    path: str
    first: int
    last: int
    tool: str
    session: str = ""


@dataclass(frozen=True, slots=True)
class Notes:
    """What the notes of some commits claim, by commit id. `kept`: somebody keeps such notes in the repository."""

    kept: bool
    claims: Mapping[str, tuple[Claim, ...]] = field(default_factory=dict)


def read_notes(where: Layout, commit_ids: Sequence[str]) -> Notes:
    """The notes of commits, as far as they are understood. Raises ObsdError."""
    places = {
        f"{ref}:{name}": (commit_id, ref)
        for commit_id in commit_ids[:_MOST_COMMITS]
        for ref in (GIT_AI, QWEN_CODE)
        for name in _names(commit_id)
    }
    answers = list(zip([GIT_AI, QWEN_CODE, *places], _sizes(where, [GIT_AI, QWEN_CODE, *places]), strict=True))
    kept = any(size is not None for _, size in answers[:2])
    claims: dict[str, tuple[Claim, ...]] = {}
    for place, data in _contents(where, [(name, size) for name, size in answers[2:] if size is not None]):
        commit_id, ref = places[place]
        text = data.decode("utf-8", "replace")
        claims[commit_id] = claims.get(commit_id, ()) + tuple(git_ai(text) if ref == GIT_AI else qwen_code(text))
    return Notes(kept, claims)


def git_ai(note: str) -> list[Claim]:
    """What an authorship log claims; nothing, where it is none."""
    attested, divider, metadata = f"\n{note}".partition(f"\n{_DIVIDER}\n")
    about = _object(metadata) if divider else {}
    if not str(about.get("schema_version", "")).startswith(_SCHEMA):
        return []
    tools = _tools(about)
    found: list[Claim] = []
    path = ""
    for line in attested.splitlines():
        if not line.startswith("  "):
            path = line[1:-1] if len(line) > 1 and line[0] == line[-1] == '"' else line
            continue
        key, _, ranges = line.strip().partition(" ")
        who = ("", "") if key.startswith(_PERSON_KEY) else tools.get(key.partition("::")[0])
        if path and who is not None:
            found += [Claim(path, first, last, *who) for first, last in _ranges(ranges, _MAX_RANGES - len(found))]
    return found


def qwen_code(note: str) -> list[Claim]:
    """What Qwen Code claims: files that are its own altogether. Whose the lines of others are it does not say."""
    about = _object(note)
    files = about.get("files")
    generator = str(about.get("generator", "")).lower()
    if about.get("version") != 1 or generator not in _QWEN_GENERATORS or not isinstance(files, dict):
        return []
    return [
        Claim(path, 1, 0, "qwen-code")
        for path, one in files.items()
        if isinstance(one, dict) and _positive(one.get("aiChars")) and one.get("humanChars") == 0
    ]


def _names(commit_id: str) -> Iterator[str]:
    """The paths that a commit's note may have; git divides its folders as it needs to."""
    for folders in range(4):
        parts = [commit_id[2 * at : 2 * at + 2] for at in range(folders)]
        yield "/".join([*parts, commit_id[2 * folders :]])


def _sizes(where: Layout, names: Sequence[str]) -> Iterator[int | None]:
    """The sizes of objects, in bytes; None for what is not there."""
    asked = "".join(f"{name}\n" for name in names).encode("ascii")
    output = program.run(where.worktree, ["cat-file", "--batch-check=%(objectsize)"], stdin=asked)
    lines = output.decode("utf-8", "replace").splitlines()
    return (int(line) if line.isdigit() else None for line in lines)


def _contents(where: Layout, sizes: Iterable[tuple[str, int]]) -> Iterator[tuple[str, bytes]]:
    """The notes that are not too large, all together too."""
    wanted: list[str] = []
    together = 0
    for name, size in sizes:
        if size <= MAX_NOTE_BYTES and together + size <= _MAX_TOGETHER_BYTES:
            wanted.append(name)
            together += size
    if not wanted:
        return
    asked = "".join(f"{name}\n" for name in wanted).encode("ascii")
    output = program.run(where.worktree, ["cat-file", "--batch=%(objecttype) %(objectsize)"], stdin=asked)
    position = 0
    for name in wanted:
        end = output.index(b"\n", position)
        kind, _, size_text = output[position:end].partition(b" ")
        begin, size = end + 1, int(size_text)
        position = begin + size + 1
        if kind == b"blob":
            yield name, output[begin : begin + size]


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _tools(about: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Tool and session by the keys of a log."""
    found: dict[str, tuple[str, str]] = {}
    for kind in ("prompts", "sessions"):
        records = about.get(kind)
        for key, record in records.items() if isinstance(records, dict) else ():
            agent = record.get("agent_id") if isinstance(record, dict) else None
            if isinstance(agent, dict) and isinstance(tool := agent.get("tool"), str) and tool.strip():
                session = agent.get("id")
                found[key] = (tool.strip(), session if isinstance(session, str) else "")
    return found


def _ranges(text: str, most: int) -> Iterator[tuple[int, int]]:
    for part in text.strip().split(",", most)[:most]:
        first, dash, last = part.partition("-")
        if first.isdecimal() and (last.isdecimal() or not dash) and len(part) < 24:
            begin, end = int(first), int(last or first)
            if 1 <= begin <= end:
                yield begin, end


def _positive(value: object) -> bool:
    return isinstance(value, int | float) and value > 0
