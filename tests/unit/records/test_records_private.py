"""No text of a record gets out: secrets in every string of every sample, records that are changed at random."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obsd.records.adapters import ADAPTERS
from obsd.records.reader import Reader
from obsd.records.state import Batch
from tests.unit.records.rig import SAMPLES, install, read_all, reader, strings, tools

FOLDERS = sorted(path.name for path in SAMPLES.iterdir())
SECRET = "kq7 the secret\nof zebra-Ωmega 42"
WORD = "kq7thesecretofzebra42"

# Keys whose values are kept, when they have the shape of what they should be.
IDENTIFIERS = frozenset(
    {
        *(
            "sessionId",
            "session_id",
            "id",
            "uuid",
            "agentId",
            "tool_use_id",
            "toolUseId",
            "call_id",
            "callID",
            "callId",
        ),
        *("toolCallId", "toolCallID", "parent_thread_id", "parent_id", "version", "cli_version", "copilotVersion"),
        *("model", "modelId", "modelID", "hostId", "callingSessionId", "response_id", "apiCallId", "prompt_id"),
        *("cwd", "directory", "workspaceDirectory", "path", "file_path", "filePath", "filepath", "notebook_path"),
        *("move_path", "type", "subtype", "status", "role", "name", "tool", "toolName", "function_name", "kind"),
        *("event.name", "timestamp", "startTime", "message_id"),
    }
)


def plant(value: Any, at: tuple[str, ...] | None, secret: str, path: tuple[str, ...] = ()) -> Any:
    """JSON with a secret instead of the strings at one way through its keys, or behind all that are no identifiers."""
    if isinstance(value, dict):
        return {key: plant(item, at, secret, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [plant(item, at, secret, (*path, "[]")) for item in value]
    if not isinstance(value, str):
        return value
    if at is None:
        named = next((key for key in reversed(path) if key != "[]"), "")
        return value if named in IDENTIFIERS else f"{value}{secret}"
    return secret if path == at else value


def given_out(made: Reader, batches: Iterable[Batch]) -> str:
    """All that comes out of reading and is kept of it, as text."""
    parts = []
    for batch in batches:
        items: list[Any] = [*batch.tools, *batch.sessions, *batch.counts]
        parts += [repr(batch), json.dumps([asdict(item) for item in items])]
        parts += [mark.to_json() for mark in batch.files]
    return "\n".join([*parts, repr(made.status()), repr(made.places)])


def assert_none_of(secret: str, text: str) -> None:
    pieces = {secret[start : start + 6] for start in range(len(secret) - 5)}
    assert [piece for piece in pieces if piece in text or json.dumps(piece)[1:-1] in text] == []


@pytest.mark.parametrize("secret", [SECRET, WORD])
@pytest.mark.parametrize("folder", FOLDERS)
def test_contents_and_prompts_never_come_out(short_tmp: Path, folder: str, secret: str) -> None:
    install(short_tmp, folder, lambda name, record: plant(record, None, secret))
    made = reader(short_tmp)
    batches = read_all(made)
    assert folder == "codex-subagent" or tools(batches), "the records must still be evidence, or this proves nothing"
    assert_none_of(secret, given_out(made, batches))


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_has_not_the_shape_of_an_identifier_does_not_come_out(tmp_path: Path, folder: str) -> None:
    ways: set[tuple[str, ...]] = set()

    def collect(name: str, record: Any) -> Any:
        ways.update(path for path, _ in strings(record))
        return record

    install(tmp_path / "all", folder, collect)
    for number, way in enumerate(sorted(ways)):
        home = tmp_path / str(number)
        install(home, folder, lambda name, record, way=way: plant(record, way, SECRET))  # type: ignore[misc]
        made = reader(home)
        assert_none_of(SECRET, given_out(made, read_all(made)))


@pytest.mark.parametrize("folder", ["codex", "qwen"])
def test_keys_that_are_paths_do_not_come_out_when_they_are_text(short_tmp: Path, folder: str) -> None:
    def rename(name: str, record: Any) -> Any:
        changes = record.get("payload", {}).get("item", {}).get("changes") if folder == "codex" else None
        if changes:
            record["payload"]["item"]["changes"] = {SECRET: next(iter(changes.values()))}
        return record

    install(short_tmp, folder, rename)
    made = reader(short_tmp)
    assert_none_of(SECRET, given_out(made, read_all(made)))


ODD = ["../../../etc/passwd", "file:///home/ann/w/s1/%00", "~", "9999-99-99T99:99:99Z", "\ud800", "@@ -1 +1 @@"]
SCRAPS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=20),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
    st.sampled_from(ODD),
)


def disturb(value: Any, data: st.DataObject, chance: int) -> Any:
    """JSON of which single parts are something else."""
    if data.draw(st.integers(0, chance)) == 0:
        return data.draw(SCRAPS)
    if isinstance(value, dict):
        return {key: disturb(item, data, chance) for key, item in value.items()}
    return [disturb(item, data, chance) for item in value] if isinstance(value, list) else value


@settings(max_examples=60)
@given(st.data())
def test_disturbed_records_cost_themselves_alone(data: st.DataObject) -> None:
    folder = data.draw(st.sampled_from(FOLDERS))
    number = 0

    def some(name: str, record: Any) -> Any:
        nonlocal number
        number += 1
        disturbed = disturb(copy.deepcopy(record), data, 40) if number % 3 == 0 else record
        keep = isinstance(disturbed, dict) or not name.endswith((".db", ".json"))
        return disturbed if keep and not (name.endswith(".db") and disturbed.keys() != record.keys()) else record

    with TemporaryDirectory(prefix="ob") as folder_name:
        home = Path(folder_name)
        install(home, folder, some)
        made = reader(home)
        for batch in read_all(made):
            for tool in batch.tools:
                assert all(path.startswith("/home/ann/w/") for path in tool.paths)
                assert tool.ended is None or tool.started <= tool.ended
                json.dumps(asdict(tool))


@settings(max_examples=60)
@given(st.data())
def test_disturbed_bytes_cost_their_lines_alone(data: st.DataObject) -> None:
    folder = data.draw(st.sampled_from(FOLDERS))
    with TemporaryDirectory(prefix="ob") as folder_name:
        home = Path(folder_name)
        for path in install(home, folder):
            content = bytearray(path.read_bytes())
            for _ in range(data.draw(st.integers(0, 5))):
                content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
            path.write_bytes(content)
        made = reader(home)
        for batch in read_all(made):
            assert all(path.startswith("/home/ann/w/") for tool in batch.tools for path in tool.paths)


def test_records_do_not_show_what_they_hold() -> None:
    from obsd.records.record import Reading, Record

    record = Record({"content": SECRET}, Reading(frozenset({"content"}), b"salt"))
    assert repr(record) == str(record) == "Record"
    with pytest.raises(KeyError):
        record.word("prompt")
    assert all("prompt" not in adapter.keys and "thinking" not in adapter.keys for adapter in ADAPTERS)
