"""Forms of records that the samples lack: other tools, other versions, moves, deletions, what a person changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from obsd.facts.records import FileWritten, Tokens, ToolRan
from obsd.line_hashes import content_of, hash_lines
from tests.unit.records.rig import SALT, read_all, reader, summary, tools

AT = "2026-11-26T18:00:00.000Z"
WORK = "/home/ann/w/s1"


def hashed(*lines: str) -> tuple[int, ...]:
    return hash_lines(SALT, lines)


def written(home: Path, name: str, *records: Any) -> list[ToolRan]:
    """The tools of a file with these records."""
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(record, separators=(',', ':'))}\n" for record in records))
    return tools(read_all(reader(home)))


def one(ran: list[ToolRan]) -> FileWritten:
    """The only file of the only tool."""
    [tool] = ran
    assert tool.ok
    [file] = tool.files
    return file


def claude(home: Path, name: str, given: object, result: object, **more: object) -> list[ToolRan]:
    head = {"sessionId": "s", "cwd": WORK, "version": "3", "timestamp": AT}
    use = {"type": "tool_use", "id": "toolu_0123456789ab", "name": name, "input": given}
    end = {"type": "tool_result", "tool_use_id": "toolu_0123456789ab", "content": "x", **more}
    return written(
        home,
        ".claude/projects/p/s.jsonl",
        {**head, "type": "assistant", "message": {"content": [use]}},
        {**head, "type": "user", "message": {"content": [end]}, "toolUseResult": result},
    )


EDIT = {"file_path": f"{WORK}/a.py", "old_string": "a", "new_string": "b\nc"}


def test_claude_code_edits_many_parts_at_once(short_tmp: Path) -> None:
    edits = [{"old_string": "a", "new_string": "b"}, {"old_string": "z\n", "new_string": "y\n", "replace_all": True}]
    result = {
        "filePath": f"{WORK}/a.py",
        "edits": edits,
        "originalFile": "a\nz\nz\n",
        "structuredPatch": [{"lines": ["-a", "-z", "-z", "+b", "+y", "+y"]}],
    }
    file = one(claude(short_tmp, "MultiEdit", {"file_path": f"{WORK}/a.py", "edits": edits}, result))
    assert file.content == content_of(b"b\ny\ny\n")
    assert file.lines is not None
    assert (file.lines.added, file.lines.removed) == (hashed("b", "y", "y"), hashed("a", "z", "z"))


def test_claude_code_writes_over_a_file(short_tmp: Path) -> None:
    given = {"file_path": f"{WORK}/a.py", "content": "b\n"}
    result = {
        "type": "update",
        "filePath": f"{WORK}/a.py",
        "content": "b\n",
        "originalFile": "a\n",
        "structuredPatch": [{"lines": ["-a", "+b"]}],
    }
    file = one(claude(short_tmp, "Write", given, result))
    assert (file.content, file.lines_added, file.lines_removed, file.whole) == (content_of(b"b\n"), 1, 1, False)


def test_claude_code_edits_a_notebook(short_tmp: Path) -> None:
    result = {"notebook_path": f"{WORK}/n.ipynb", "original_file": "{}\n", "updated_file": "{1}\n", "new_source": "x"}
    file = one(claude(short_tmp, "NotebookEdit", {"notebook_path": f"{WORK}/n.ipynb", "new_source": "x"}, result))
    assert (file.path, file.content) == (f"{WORK}/n.ipynb", content_of(b"{1}\n"))


def test_claude_code_says_that_a_person_changed_the_edit(short_tmp: Path) -> None:
    result = {"filePath": f"{WORK}/a.py", "userModified": True, "originalFile": "a\n", "structuredPatch": []}
    file = one(claude(short_tmp, "Edit", EDIT, result))
    assert file.content is None
    assert file.lines is not None
    assert (file.lines.added, file.lines.exact) == (hashed("b", "c"), False), "what the agent proposed"


def test_claude_code_fails(short_tmp: Path) -> None:
    [tool] = claude(short_tmp, "Edit", EDIT, "Error: no such text", is_error=True)
    assert (tool.ok, tool.paths) == (False, (f"{WORK}/a.py",))


def test_claude_code_has_tools_that_nobody_knows(short_tmp: Path) -> None:
    [tool] = claude(short_tmp, "mcp__files__put", {"anything": 1}, {"anything": 2})
    assert (tool.kind, tool.files) == ("other", ())


CODEX_HEAD = {
    "timestamp": AT,
    "type": "session_meta",
    "payload": {"id": "t", "cwd": f"file://{WORK}", "cli_version": "1"},
}
UPDATE = "*** Update File: a.py\n*** Move to: sub/b.py\n@@\n-old\n+new\n"
PATCH = f"*** Begin Patch\n{UPDATE}*** Delete File: gone.py\n*** End Patch"


def codex(home: Path, *said: tuple[str, object]) -> list[ToolRan]:
    records = [{"timestamp": AT, "type": kind, "payload": payload} for kind, payload in said]
    return written(home, ".codex/sessions/2026/11/26/rollout-1.jsonl", CODEX_HEAD, *records)


def test_codex_moves_and_deletes(short_tmp: Path) -> None:
    changes = {
        "a.py": {"type": "update", "unified_diff": "@@ -1 +1 @@\n-old\n+new\n", "move_path": f"{WORK}/sub/b.py"},
        f"{WORK}/gone.py": {"type": "delete", "content": "x"},
    }
    item = {"type": "FileChange", "id": "call_0123456789ab", "status": "completed", "changes": changes}
    ended = {"type": "item_completed", "item": item, "started_at_ms": 1795716000000, "completed_at_ms": 1795716000100}
    [tool] = codex(short_tmp, ("event_msg", ended))
    moved, gone = tool.files
    assert (moved.kind, moved.path, moved.previous_path) == ("move", f"{WORK}/sub/b.py", f"{WORK}/a.py")
    assert moved.lines is not None
    assert (moved.lines.added, moved.lines.removed) == (hashed("new"), hashed("old"))
    assert (gone.kind, gone.path) == ("delete", f"{WORK}/gone.py")
    assert (tool.started, tool.ended) == (1795716000.0, 1795716000.1)


@pytest.mark.parametrize(
    ("output", "ok"),
    [
        ("Exit code: 0\nWall time: 0 seconds", True),
        ("Exit code: 1\nfailed", False),
        (json.dumps({"output": "Success", "metadata": {"exit_code": 0}}), True),
        (json.dumps({"output": "no", "metadata": {"exit_code": 1}}), False),
    ],
)
def test_codex_before_it_had_items(short_tmp: Path, output: str, ok: bool) -> None:
    call = {"type": "custom_tool_call", "call_id": "call_0123456789ab", "name": "apply_patch", "input": PATCH}
    ended = {"type": "custom_tool_call_output", "call_id": "call_0123456789ab", "output": output}
    [tool] = codex(short_tmp, ("response_item", call), ("response_item", ended))
    assert tool.ok is ok
    assert tool.paths == (f"{WORK}/sub/b.py", f"{WORK}/a.py", f"{WORK}/gone.py")


def test_codex_with_events_of_patches(short_tmp: Path) -> None:
    changes = {f"{WORK}/a.py": {"update": {"unified_diff": "@@ -1 +1 @@\n-old\n+new\n", "move_path": None}}}
    ended = {"type": "patch_apply_end", "call_id": "call_0123456789ab", "success": True, "changes": changes}
    file = one(codex(short_tmp, ("event_msg", ended)))
    assert (file.path, file.lines_added, file.lines_removed) == (f"{WORK}/a.py", 1, 1)


def test_codex_has_a_command_that_runs_on(short_tmp: Path) -> None:
    call = {"type": "function_call", "call_id": "call_0123456789ab", "name": "exec_command", "arguments": "{}"}
    output = {
        "type": "function_call_output",
        "call_id": "call_0123456789ab",
        "output": "Process running with session ID 7",
    }
    assert codex(short_tmp, ("response_item", call), ("response_item", output)) == []


def test_codex_counts_tokens_of_old_records(short_tmp: Path) -> None:
    def count(number: int) -> tuple[str, object]:
        usage = {"input_tokens": number, "cached_input_tokens": 10, "output_tokens": 5}
        return "event_msg", {"type": "token_count", "info": {"total_token_usage": usage}}

    codex(short_tmp, count(100), count(100), count(250))
    assert summary(read_all(reader(short_tmp)))[1] == {"t": Tokens(240, 5, 10)}


def test_codex_forks_a_session(short_tmp: Path) -> None:
    call = {"type": "custom_tool_call", "call_id": "call_0123456789ab", "name": "apply_patch", "input": PATCH}
    ended = {"type": "custom_tool_call_output", "call_id": "call_0123456789ab", "output": "Exit code: 0\n"}
    copied = ("session_meta", {"id": "parent", "cwd": "/elsewhere"})
    [tool] = codex(short_tmp, copied, ("response_item", call), ("response_item", ended))
    assert (tool.session, tool.paths[0]) == ("t", f"{WORK}/sub/b.py")


def test_copilot_patches_several_files(short_tmp: Path) -> None:
    diff = "".join(
        f"diff --git a/{n} b/{n}\n--- a/{n}\n+++ b/{n}\n@@ -1 +1 @@\n-old {n}\n+new {n}\n" for n in ("a", "b")
    )
    edits = [{"path": f"{WORK}/a", "kind": "edit"}, {"path": "b", "kind": "edit"}]
    done = {"toolCallId": "call_0123456789ab", "success": True, "fileEdits": edits, "result": {"detailedContent": diff}}
    start = {"sessionId": "s", "context": {"cwd": WORK}}
    name = ".copilot/session-state/s/events.jsonl"
    begun = {"type": "session.start", "data": start, "timestamp": AT}
    [tool] = written(short_tmp, name, begun, {"type": "tool.execution_complete", "data": done, "timestamp": AT})
    assert [file.path for file in tool.files] == [f"{WORK}/a", f"{WORK}/b"]
    assert [file.lines.added for file in tool.files if file.lines] == [hashed("new a"), hashed("new b")]
    done["fileEdits"] = [{"path": f"{WORK}/a", "kind": "delete"}]
    [tool] = written(short_tmp, name, begun, {"type": "tool.execution_complete", "data": done, "timestamp": AT})
    assert [(file.kind, file.lines) for file in tool.files] == [("delete", None)]


def gemini(home: Path, tool: dict[str, object]) -> list[ToolRan]:
    (home / ".gemini/tmp/x/chats").mkdir(parents=True)
    (home / ".gemini/tmp/x/.project_root").write_text(WORK)
    header = {"sessionId": "s", "projectHash": "h", "startTime": AT}
    call = {"id": "replace_0123456789ab_0", "name": "replace", "status": "success", "timestamp": AT, **tool}
    message = {"id": "m", "timestamp": AT, "type": "gemini", "toolCalls": [call]}
    return written(home, ".gemini/tmp/x/chats/session-1.jsonl", header, message, {"$rewindTo": "m"}, message)


def test_gemini_says_that_a_person_changed_the_edit(short_tmp: Path) -> None:
    shown = {"filePath": f"{WORK}/a.py", "newContent": "mine\nb\n", "diffStat": {"user_added_lines": 1}}
    file = one(gemini(short_tmp, {"args": {"ai_proposed_content": "b\n"}, "resultDisplay": shown}))
    assert file.content is None
    assert file.lines is not None
    assert file.lines.added == hashed("b")


def test_gemini_without_the_difference(short_tmp: Path) -> None:
    file = one(
        gemini(short_tmp, {"args": {"file_path": "a.py", "old_string": "a", "new_string": "b"}, "resultDisplay": ""})
    )
    assert (file.path, file.lines_added, file.lines and file.lines.exact) == (f"{WORK}/a.py", 1, False)


def messages(name: str, given: object, content: object) -> tuple[object, object]:
    use = {"type": "tool_use", "id": "call_0123456789ab", "name": name, "input": given}
    end = {"type": "tool_result", "tool_use_id": "call_0123456789ab", "is_error": False, "content": content}
    return (
        {"type": "message", "timestamp": AT, "message": {"role": "assistant", "content": [use]}},
        {"type": "message", "timestamp": AT, "message": {"role": "user", "content": [end]}},
    )


def test_droid_shows_the_lines_in_its_result(short_tmp: Path) -> None:
    lines = [("unchanged", "x"), ("removed", "    old()"), ("added", "    new()")]
    shown = [{"type": kind, "content": text, "lineNumber": {"old": 2}} for kind, text in lines]
    result = json.dumps({"success": True, "file_path": f"{WORK}/a.py", "diffLines": shown, "linesAdded": 1})
    head = {"type": "session_start", "id": "s", "cwd": WORK}
    given = {"file_path": f"{WORK}/a.py", "old_str": "old", "new_str": "new"}
    file = one(written(short_tmp, ".factory/sessions/p/s.jsonl", head, *messages("Edit", given, result)))
    assert file.lines is not None
    assert (file.lines.added, file.lines.removed, file.lines.exact) == (hashed("    new()"), hashed("    old()"), True)


def test_pi_shows_the_lines_in_its_result(short_tmp: Path) -> None:
    use = {"type": "toolCall", "id": "call_0123456789ab", "name": "edit"}
    call = {**use, "arguments": {"path": "a.py", "edits": [{"oldText": "old", "newText": "new"}]}}
    ended = {
        "role": "toolResult",
        "toolCallId": "call_0123456789ab",
        "details": {"diff": " 1 x\n-2     old()\n+2     new()"},
    }
    file = one(
        written(
            short_tmp,
            ".pi/agent/sessions/p/s.jsonl",
            {"type": "session", "id": "s", "cwd": WORK},
            {"type": "message", "timestamp": AT, "message": {"role": "assistant", "content": [call]}},
            {"type": "message", "timestamp": AT, "message": ended},
        )
    )
    assert file.path == f"{WORK}/a.py"
    assert file.lines is not None
    assert (file.lines.added, file.lines.removed, file.lines.exact) == (hashed("    new()"), hashed("    old()"), True)


def test_paths_are_absolute_and_of_workspaces(short_tmp: Path) -> None:
    real = short_tmp / "real"
    real.mkdir()
    (short_tmp / "link").symlink_to(real)
    cases = [
        ("../s1/./a.py", f"{WORK}/a.py"),
        ("file:///home/ann/w/s1/a%20b.py", f"{WORK}/a b.py"),
        (f"{short_tmp}/link/a.py", f"{real}/a.py"),
        ("/etc/passwd", None),
        ("../../../../etc/passwd", None),
        (f"{WORK}2/a.py", None),
        ("", None),
        ("a\0b", None),
        ("a\nb", None),
        ("x" * 5000, None),
    ]
    for number, (given, path) in enumerate(cases):
        home = short_tmp / f"home{number}"
        edit = {**EDIT, "file_path": given}
        head = {"sessionId": "s", "cwd": WORK, "timestamp": AT}
        use = {"type": "tool_use", "id": "toolu_0123456789ab", "name": "Edit", "input": edit}
        (home / ".claude/projects/p").mkdir(parents=True)
        record = {**head, "type": "assistant", "message": {"content": [use]}}
        (home / ".claude/projects/p/s.jsonl").write_text(json.dumps(record) + "\n")
        found = tools(read_all(reader(home, workspaces=[WORK, str(real)])), ended=False)
        assert [tool.paths for tool in found] == ([(path,)] if path else []), given
