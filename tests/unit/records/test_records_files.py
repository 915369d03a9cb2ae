"""Reading files of records: restarts, halves of lines, rewriting, moving, packing, and what is no record file."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from obsd.facts.records import Tokens
from obsd.records import line_reader, packed
from obsd.records.state import Batch, State
from tests.unit.records.rig import (
    LINES_FOLDERS,
    LONG_AGO,
    claude_file,
    install,
    kept,
    only,
    read_all,
    reader,
    sessions,
    summary,
    tools,
)


@settings(max_examples=40)
@given(st.sampled_from(LINES_FOLDERS), st.integers(0, 2**32))
def test_restarts_and_halves_of_lines_miss_and_double_nothing(folder: str, seed: int) -> None:
    chance = Random(seed)
    with TemporaryDirectory(prefix="ob") as name:
        home = Path(name)
        placed = install(home, folder)
        expected = summary(read_all(reader(home)))
        contents = {path: path.read_bytes() for path in placed if path.suffix == ".jsonl"}
        for path in contents:
            path.write_bytes(b"")
        state, taken, made = State(LONG_AGO), list[Batch](), reader(home)
        while any(contents.values()):
            path = chance.choice(sorted(path for path, left in contents.items() if left))
            size = chance.randint(1, chance.choice([100, 5000, 50_000]))
            with path.open("ab") as file:
                file.write(contents[path][:size])
            contents[path] = contents[path][size:]
            batches = list(made.read([str(path)]))
            taken += batches
            state = state.after(batches)
            if chance.random() < 0.5:
                made = reader(home, kept(state))
        assert summary(taken) == expected


def test_reading_again_gives_nothing(short_tmp: Path) -> None:
    for folder in (*LINES_FOLDERS, "cline", "cn", "opencode"):
        install(short_tmp, folder)
    first = read_all(reader(short_tmp))
    again = reader(short_tmp, kept(State(LONG_AGO).after(first)))
    assert [tool for batch in read_all(again) for tool in batch.tools] == []
    assert sum((seen.tokens for seen in sessions(read_all(again))), Tokens()) == Tokens()


def test_copies_of_a_conversation_count_once(short_tmp: Path) -> None:
    path = claude_file(short_tmp)
    fork = path.with_name("11111111-2222-3333-4444-555555555555.jsonl")
    fork.write_text(path.read_text().replace(path.stem, fork.stem))
    ids = [tool.tool_id for tool in tools(read_all(reader(short_tmp)))]
    assert len(ids) == len(set(ids)) == 12


def test_ids_that_are_numbers_are_of_their_session(short_tmp: Path) -> None:
    path = claude_file(short_tmp)
    text = path.read_text()
    for old, new in (
        ("toolu_4c079e7dc202435694be", "functions.Edit:0"),
        ("toolu_8a2a70e8d05f474f9b8e", "functions.Edit:1"),
    ):
        text = text.replace(old, new)
    path.write_text(text)
    other = path.with_name("11111111-2222-3333-4444-555555555555.jsonl")
    other.write_text(text.replace(path.stem, other.stem))
    edits = [tool for tool in tools(read_all(reader(short_tmp))) if tool.tool_id.startswith("functions.")]
    assert len(edits) == 4


def test_a_first_start_reads_only_what_is_newer(short_tmp: Path) -> None:
    path = only(short_tmp, claude_file(short_tmp))
    since = 1795713702.0
    made = reader(short_tmp, State(since))
    batches = read_all(made)
    assert [tool.tool_id for tool in tools(batches)] == ["toolu_8a2a70e8d05f474f9b8e"]
    assert tools(batches)[0].started == 1795713702.689
    assert summary(batches)[1] == {path.stem: Tokens(200, 40)}


def test_what_is_older_is_found_from_the_end_on(short_tmp: Path) -> None:
    """A call whose record is old, and whose result is new, is joined; the folder in the first line is known."""
    install(short_tmp, "codex")
    path = next(path for path in short_tmp.rglob("*17-33-56*"))
    only(short_tmp, path)
    lines = path.read_bytes().splitlines(keepends=True)
    filler = b'{"timestamp":"2026-11-26T17:33:57.000Z","type":"event_msg","payload":{"type":"x","text":"%s"}}\n' % (
        b"." * 1000
    )
    path.write_bytes(b"".join([lines[0], *[filler] * 2000, *lines[1:]]))
    batches = read_all(reader(short_tmp, State(1795714438.26)))
    assert [(tool.session[:8], tool.started) for tool in tools(batches)] == [
        ("01a218eb", 1795714438.257),
        ("01a218eb", 1795714439.516),
    ]


def test_a_bad_line_costs_one_line(short_tmp: Path) -> None:
    path = only(short_tmp, claude_file(short_tmp))
    good = path.read_bytes()
    path.write_bytes(b'{"tool_use": half\n\xff\xfe"tool_use"\n"tool_use"\n' + b'["usage"' * 5000 + b"\n" + good)
    made = reader(short_tmp)
    assert len(tools(read_all(made))) == 2
    assert [(count.understood, count.misread) for count in made.understanding.versions("claude-code")] == [
        (0, 4),
        (7, 0),
    ]


def test_a_line_without_end_takes_no_memory(short_tmp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_reader, "MAX_LINE_BYTES", 1 << 20)
    path = only(short_tmp, claude_file(short_tmp))
    good = path.read_bytes()
    with path.open("wb") as file:
        file.write(b'{"tool_use": "')
        file.seek(1 << 30, os.SEEK_CUR)
        file.truncate()
    made, state = reader(short_tmp), State(LONG_AGO)
    tracemalloc.start()
    taken = read_all(made)
    assert tracemalloc.get_traced_memory()[1] < 16 << 20
    tracemalloc.stop()
    state = state.after(taken)
    with path.open("ab") as file:
        file.write(b'"}\n' + good)
    for again in (made, reader(short_tmp, kept(state))):
        assert len(tools(read_all(again))) == 2
    assert [count.misread for count in made.understanding.versions("claude-code") if not count.version] == [1]


def rewrite_smaller(path: Path, content: bytes) -> None:
    path.write_bytes(content[: content.index(b"toolu_8a2a")].rpartition(b"\n")[0] + b"\n")


def rewrite_other(path: Path, content: bytes) -> None:
    path.write_bytes(content.replace(b"one()", b"won()"))


def rewrite_whole(path: Path, content: bytes) -> None:
    other = path.with_suffix(".tmp")
    other.write_bytes(content)
    other.replace(path)


@pytest.mark.parametrize("rewrite", [rewrite_smaller, rewrite_other, rewrite_whole])
def test_a_rewritten_file_doubles_nothing(short_tmp: Path, rewrite: Callable[[Path, bytes], None]) -> None:
    path = only(short_tmp, claude_file(short_tmp))
    content = path.read_bytes()
    made = reader(short_tmp)
    read_all(made)
    rewrite(path, content)
    assert summary(list(made.read([str(path)]))) == ([], {})
    more = content.splitlines(keepends=True)[-1].replace(b"msg_f6", b"msg_f7").replace(b"T17:21:42", b"T17:21:59")
    with path.open("ab") as file:
        file.write(more)
    assert summary(list(made.read([str(path)])))[1] == {path.stem: Tokens(100, 20)}


def test_a_moved_file_goes_on_where_it_was(short_tmp: Path) -> None:
    install(short_tmp, "codex")
    made = reader(short_tmp)
    first = read_all(made)
    path = next(short_tmp.rglob("*17-33-56*"))
    archived = short_tmp / ".codex" / "archived_sessions" / path.name
    archived.parent.mkdir()
    path.rename(archived)
    batches = read_all(made)
    assert summary(batches) == ([], {})
    state = State(LONG_AGO).after([*first, *batches])
    assert str(archived) in state.files
    assert str(path) not in state.files


def test_packed_records_are_read_and_go_on_where_they_were(short_tmp: Path) -> None:
    install(short_tmp, "codex")
    expected = summary(read_all(reader(short_tmp)))
    paths = sorted((short_tmp / ".codex").rglob("*.jsonl"))
    half = paths[0].read_bytes()
    paths[0].write_bytes(half[: len(half) // 2])
    made = reader(short_tmp)
    first = read_all(made)
    paths[0].write_bytes(half)
    for path in paths:
        path.with_name(f"{path.name}.zst").write_bytes(zstandard.ZstdCompressor().compress(path.read_bytes()))
        path.unlink()
    second = read_all(made)
    assert summary([*first, *second]) == expected
    assert summary(read_all(reader(short_tmp))) == expected
    damaged = next((short_tmp / ".codex").rglob("*.zst"))
    damaged.write_bytes(damaged.read_bytes()[:200] + b"damage" * 50)
    read_all(reader(short_tmp))


def test_packed_records_without_the_module_are_counted(short_tmp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "readable", lambda: False)
    install(short_tmp, "codex")
    path = next((short_tmp / ".codex").rglob("*.jsonl"))
    path.rename(path.with_name(f"{path.name}.zst"))
    made = reader(short_tmp)
    read_all(made)
    [codex] = [status for status in made.status() if status.agent == "codex"]
    assert codex.packed_unreadable == 1
