"""The samples of agents' records as a home folder, and ways to read it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from obsd.facts.records import SessionSeen, Tokens, ToolRan
from obsd.records.reader import Reader
from obsd.records.state import Batch, FileMark, State
from obsd.records.user import User

SAMPLES = Path(__file__).resolve().parent.parent.parent / "data" / "transcripts"
WORKSPACES = tuple(f"/home/ann/w/{name}" for name in ("s1", "s2", "s3", "s4", "s6-side", "s7", "s8"))
SALT = b"0123456789abcdef"
LONG_AGO = 1_700_000_000.0
NOW = 1_795_716_000.0

Mutate = Callable[[str, Any], Any]
"""Changes a record: the name of its file, the JSON."""


def place_of(home: Path, sample: Path) -> Path:
    """Where the file of a sample lies in a home folder."""
    return home / sample.name.replace("dot-", ".", 1).replace("__", "/")


def install(home: Path, folder: str, mutate: Mutate = lambda name, record: record) -> list[Path]:
    """Puts the samples of a folder into a home; a database is built from its dump."""
    placed = []
    for sample in sorted((SAMPLES / folder).iterdir()):
        path = place_of(home, sample)
        path.parent.mkdir(parents=True, exist_ok=True)
        if sample.name.endswith(".dump.txt"):
            path = path.with_name(path.name.removesuffix(".dump.txt"))
            build_database(path, sample.read_text(), mutate)
        elif sample.suffix == ".jsonl":
            lines = [json.dumps(mutate(sample.name, json.loads(line))) for line in sample.read_text().splitlines()]
            path.write_text("".join(f"{line}\n" for line in lines))
        elif sample.suffix == ".json":
            path.write_text(json.dumps(mutate(sample.name, json.loads(sample.read_text()))))
        else:
            path.write_bytes(sample.read_bytes())
        placed.append(path)
    return placed


def build_database(path: Path, dump: str, mutate: Mutate) -> None:
    """Makes a database, in WAL mode, of the lines of a dump: the name of a table and a row as JSON."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        for line in dump.splitlines():
            table, _, text = line.partition(" ")
            row = mutate(path.name, json.loads(text))
            values = [json.dumps(v, separators=(",", ":")) if isinstance(v, dict | list) else v for v in row.values()]
            columns = ",".join(f'"{name}"' for name in row)
            table_columns = columns.replace('"id"', '"id" text PRIMARY KEY', 1)
            connection.execute(f"CREATE TABLE IF NOT EXISTS {table} ({table_columns})")
            connection.execute(
                f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({','.join('?' * len(values))})", values
            )
        connection.commit()


def reader(home: Path, state: State | None = None, workspaces: Iterable[str] = WORKSPACES, **more: Any) -> Reader:
    """A reader of the records in a home folder."""
    user = User(str(home), more.pop("environment", {}), home.stat().st_uid)
    return Reader(user, workspaces, state or State(LONG_AGO), SALT, more.pop("now", lambda: NOW), **more)


def read_all(made: Reader) -> list[Batch]:
    """All that there is to read."""
    return list(made.read(made.scan()))


def tools(batches: Iterable[Batch], ended: bool = True) -> list[ToolRan]:
    """The tools of batches, those that have ended unless it says otherwise."""
    return [tool for batch in batches for tool in batch.tools if not ended or tool.ended is not None]


def sessions(batches: Iterable[Batch]) -> list[SessionSeen]:
    """The sessions of batches."""
    return [session for batch in batches for session in batch.sessions]


def strings(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each string in JSON, with the keys on the way to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from strings(item, (*path, key))
    elif isinstance(value, list):
        for item in value:
            yield from strings(item, (*path, "[]"))


LINES_FOLDERS = ["claude", "codex", "codex-subagent", "copilot", "droid", "gemini", "gemini-subagent", "pi", "qwen"]
CLAUDE = "5e2c03c7"


def claude_file(home: Path) -> Path:
    """The sample in which Claude Code edits prog.py twice."""
    return next(path for path in install(home, "claude") if path.name.startswith(CLAUDE))


def only(home: Path, kept: Path) -> Path:
    """Leaves one file of the samples."""
    for path in home.rglob("*"):
        if path.is_file() and path != kept:
            path.unlink()
    return kept


def kept(state: State) -> State:
    """A state that was written down and read again."""
    files = {path: FileMark.from_json(mark.to_json()) for path, mark in state.files.items()}
    return State(state.since, files, tuple(bytes.fromhex(key.hex()) for key in state.known))


def summary(batches: list[Batch]) -> tuple[list[Any], dict[str, Tokens]]:
    """What must be the same, however it was read: tools that ended, and tokens by session."""
    spent: dict[str, Tokens] = {}
    for seen in sessions(batches):
        spent[seen.session] = spent.get(seen.session, Tokens()) + seen.tokens
    ran = [(t.tool_id, t.session, t.kind, t.ended, t.ok, t.files, t.started) for t in tools(batches)]
    return sorted(ran), {session: tokens for session, tokens in spent.items() if tokens != Tokens()}
