"""What are files of records and whose, odd clocks, documents that are rewritten, history, and formats that drift."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from obsd.facts.records import Tokens
from obsd.records import collector
from obsd.records.history import history
from obsd.records.record import Record
from obsd.records.state import Batch, State
from obsd.records.user import User
from tests.unit.records.rig import (
    LONG_AGO,
    NOW,
    SALT,
    WORKSPACES,
    claude_file,
    install,
    only,
    read_all,
    reader,
    sessions,
    summary,
    tools,
)


def test_what_is_no_file_of_the_user_is_passed_over(short_tmp: Path) -> None:
    path = only(short_tmp, claude_file(short_tmp))
    outside = short_tmp / "elsewhere.jsonl"
    path.rename(outside)
    path.symlink_to(outside)
    os.mkfifo(path.with_name("fifo.jsonl"))
    path.with_name("folder.jsonl").mkdir()
    path.with_name("loop").symlink_to(path.parent)
    (path.parent.parent / "linked").symlink_to(short_tmp)
    made = reader(short_tmp)
    assert read_all(made) == []
    assert list(made.read([str(path), str(path.with_name("fifo.jsonl"))])) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_files_of_another_user_are_passed_over(short_tmp: Path) -> None:
    path = only(short_tmp, claude_file(short_tmp))
    os.chown(path, 12345, 12345)
    made = reader(short_tmp)
    assert read_all(made) == []
    assert list(made.read([str(path)])) == []


def test_a_root_that_is_a_link_is_followed(short_tmp: Path) -> None:
    claude_file(short_tmp)
    (short_tmp / ".claude").rename(short_tmp / "dotfiles")
    (short_tmp / ".claude").symlink_to("dotfiles")
    assert len(tools(read_all(reader(short_tmp)))) == 12


def test_variables_move_the_places(short_tmp: Path) -> None:
    claude_file(short_tmp / "home")
    (short_tmp / "home" / ".claude").rename(short_tmp / "moved")
    made = reader(short_tmp / "home")
    assert tools(read_all(made)) == []
    made = reader(short_tmp / "home", environment={"CLAUDE_CONFIG_DIR": str(short_tmp / "moved")})
    assert len(tools(read_all(made))) == 12
    assert reader(short_tmp, environment={"CLAUDE_CONFIG_DIR": "relative"}).places[0].folder.startswith(str(short_tmp))


def test_two_machines_that_share_a_home_are_told_apart_where_records_do(short_tmp: Path) -> None:
    install(short_tmp, "droid")
    path = next(path for path in short_tmp.rglob("*.jsonl") if path.name.startswith("7112"))
    path.write_text(path.read_text().replace("9f5755cf-abb8-40ed-be3c-1ce64337ba35", "other-machine"))
    hosts = {seen.session[:4]: seen.host for seen in sessions(read_all(reader(short_tmp)))}
    assert hosts["7112"] == "other-machine"
    assert hosts["ccd1"] == "9f5755cf-abb8-40ed-be3c-1ce64337ba35"


@pytest.mark.parametrize(
    "stamp", ["1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "yesterday", "", "2026-11-26T17:21:42"]
)
def test_odd_clocks_harm_nothing(short_tmp: Path, stamp: str) -> None:
    path = only(short_tmp, claude_file(short_tmp))
    path.write_text(path.read_text().replace("2026-11-26T17:21:42.721Z", stamp))
    edits = tools(read_all(reader(short_tmp)))
    assert {tool.tool_id for tool in edits} == {"toolu_4c079e7dc202435694be", "toolu_8a2a70e8d05f474f9b8e"}
    assert all(tool.started <= (tool.ended or 0) and tool.read_at == NOW for tool in edits)


def test_documents_give_each_tool_once_as_they_grow(short_tmp: Path) -> None:
    path = next(path for path in install(short_tmp, "cline") if path.name == "1795715046576_tsqc6.messages.json")
    whole = json.loads(path.read_text())
    made = reader(short_tmp)
    taken: list[Batch] = []
    for length in range(len(whole["messages"]) + 1):
        path.write_text(json.dumps({**whole, "messages": whole["messages"][:length]}))
        taken += made.read([str(path)])
    ran, spent = summary(taken)
    assert [tool[0] for tool in ran] == ["call_48effaf324c0415cb3ce", "call_6ad2de7de8f948e7b890"]
    assert spent == {"1795715046576_tsqc6": Tokens(300, 60)}


def test_half_a_document_is_read_when_it_is_whole(short_tmp: Path) -> None:
    path = next(path for path in install(short_tmp, "cn") if path.name.startswith("59899b52"))
    content = path.read_bytes()
    made = reader(short_tmp, now=lambda: path.stat().st_mtime)
    path.write_bytes(content[: len(content) // 2])
    assert list(made.read([str(path)])) == []
    path.write_bytes(content)
    assert len(tools(made.read([str(path)]))) == 2
    assert made.understanding.versions("continue")[0].misread == 0


def test_documents_without_times_are_learned_at_a_first_start(short_tmp: Path) -> None:
    paths = [path for path in install(short_tmp, "cn") if path.name != "sessions.json"]
    for path in paths:
        os.utime(path, (LONG_AGO, LONG_AGO))
    state = State(LONG_AGO + 100)
    made = reader(short_tmp, state)
    learned = list(made.learn())
    assert tools(learned) == []
    assert len(state.after(learned).known) == 10
    path = next(path for path in paths if path.name.startswith("59899b52"))
    document = json.loads(path.read_text().replace("call_1e492ec769e141479f72", "call_00002ec769e141479f72"))
    path.write_text(json.dumps(document))
    [edit] = tools(made.read([str(path)]))
    assert (edit.tool_id, edit.started, edit.exact_times) == ("call_00002ec769e141479f72", LONG_AGO, False)


def test_tokens_beside_a_file_are_read_when_they_change(short_tmp: Path) -> None:
    settings_file = next(
        path for path in install(short_tmp, "droid") if path.name.startswith("7112") and path.suffix == ".json"
    )
    made = reader(short_tmp)
    read_all(made)
    settings_file.write_text(settings_file.read_text().replace('"inputTokens": 400', '"inputTokens": 700'))
    assert summary(list(made.read([str(settings_file)])))[1] == {"7112d3bc-27e4-4475-afbb-d04ae150c9ce": Tokens(300)}


def test_history_is_marked_and_ends_where_the_source_began(short_tmp: Path) -> None:
    install(short_tmp, "claude")
    user = User(str(short_tmp), {}, short_tmp.stat().st_uid)
    items = list(history(WORKSPACES, LONG_AGO, 1795713702.0, SALT, user))
    assert items
    assert all(item.history for item in items)
    ids = [item.tool_id for item in items if hasattr(item, "tool_id")]
    assert ids == ["toolu_27462364ac794a0b820e", "toolu_594a016d0b8640d6ad3e", "toolu_4c079e7dc202435694be"]


def test_drift_is_seen_by_version(short_tmp: Path) -> None:
    path = only(short_tmp, claude_file(short_tmp))
    text = path.read_text().replace('"version":"2.1.197"', '"version": "3.0.0"').replace('"2.1.197"', '"3.0.0"')
    text = text.replace('"file_path"', '"where"').replace('"filePath"', '"whereItIs"').replace("T17:21", "T18:21")
    other = path.with_name("11111111-2222-3333-4444-555555555555.jsonl")
    other.write_text(text.replace("toolu_", "toolv_"))
    again = path.with_name("21111111-2222-3333-4444-555555555555.jsonl")
    again.write_text(text.replace("toolu_", "toolw_"))
    made = reader(short_tmp)
    read_all(made)
    [claude] = [status for status in made.status() if status.agent == "claude-code"]
    assert (claude.state, claude.version, claude.misread) == ("drifted", "3.0.0", 4)
    assert {status.state for status in made.status() if status.agent != "claude-code"} == {"absent"}


def test_a_record_on_which_an_adapter_fails_costs_itself(short_tmp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only(short_tmp, claude_file(short_tmp))
    moment = Record.moment

    def fail_once(record: Record, *keys: str) -> float | None:
        at = moment(record, *keys)
        if at == 1795713702.689:
            raise LookupError("a bug")
        return at

    monkeypatch.setattr(Record, "moment", fail_once)
    made = reader(short_tmp)
    edits = tools(read_all(made))
    assert [(tool.tool_id, tool.started) for tool in edits][1] == ("toolu_8a2a70e8d05f474f9b8e", 1795713702.721)
    assert sum(count.misread for count in made.understanding.versions("claude-code")) == 1


def test_only_the_newest_tools_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "MAX_KNOWN_TOOLS", 3)
    known = collector.KnownTools([b"0", b"1", b"2", b"3"])
    known.add(b"4")
    assert [key in known for key in (b"0", b"1", b"2", b"3", b"4")] == [False, False, True, True, True]
