"""Whose lines commits add, in the forms of other tools: every line once, and hostile names are harmless."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

from obsctl import agent_trace, authorship_notes
from obsctl.exchange import Author, CommitAuthors, FileAuthors, Range, by_author
from obsd.v1.lines_pb2 import LineRun

CODEX, PERSON, UNKNOWN = Author("codex", "s1"), Author("person"), Author("unknown")
ID = "ab" * 20


def commit(*files: FileAuthors) -> CommitAuthors:
    return CommitAuthors("w", Path("/w"), ID, 1_800_000_000.0, list(files))


def run(first: int, last: int, origin: str, agent: str, session: str = "") -> LineRun:
    return LineRun(first=first, last=last, origin=origin, agent=agent, session=session)


def test_each_added_line_is_of_one_author_and_what_nobody_proves_is_unknown() -> None:
    runs = [
        run(1, 4, "change", "codex", "s1"),
        run(5, 5, "change", "person"),
        run(6, 7, "change", "codex", "s1"),
        run(8, 9, "before", "codex"),
        run(10, 12, "change", ""),
    ]
    found = by_author([(1, 7), (20, 2)], runs)
    assert found == {
        CODEX: [Range(2, 4), Range(6, 7)],
        PERSON: [Range(5, 5)],
        UNKNOWN: [Range(8, 8), Range(21, 22)],
    }
    assert by_author([(9, 3)], runs) == {UNKNOWN: [Range(10, 12)]}
    assert by_author([(0, 3)], []) == {UNKNOWN: [Range(1, 3)]}


def test_a_trace_record_has_what_agent_trace_wants_and_nothing_more() -> None:
    authors = {CODEX: [Range(1, 3), Range(7, 7)], PERSON: [Range(4, 4)], Author("several"): [Range(5, 5)]}
    record = agent_trace.record(commit(FileAuthors("a.py", authors | {UNKNOWN: [Range(6, 6)]})))
    assert set(record) == {"version", "id", "timestamp", "vcs", "tool", "files"}
    assert (record["version"], record["vcs"]) == ("0.1.0", {"type": "git", "revision": ID})
    assert str(uuid.UUID(record["id"])) == record["id"]
    assert record["id"] == agent_trace.record(commit())["id"], "the same commit, the same record"
    assert record["timestamp"] == "2027-01-15T08:00:00.000Z"
    [file] = record["files"]
    types = [one["contributor"]["type"] for one in file["conversations"]]
    assert types == ["ai", "human", "mixed", "unknown"]
    first = file["conversations"][0]
    assert first["ranges"] == [{"start_line": 1, "end_line": 3}, {"start_line": 7, "end_line": 7}]
    assert [one["url"] for one in first["related"]] == ["urn:obsd:agent:codex", "urn:obsd:session:codex:s1"]
    assert file["conversations"][1]["related"] == []


def test_a_note_has_agents_lines_alone() -> None:
    note = authorship_notes.note(
        commit(
            FileAuthors("a.py", {PERSON: [Range(1, 1)], CODEX: [Range(2, 4), Range(9, 9)]}),
            FileAuthors("people.py", {PERSON: [Range(1, 9)]}),
            FileAuthors("b.py", {Author("claude-code"): [Range(1, 1)]}),
        )
    )
    lines, metadata = note.split("\n---\n")
    first, codex, second, claude = lines.split("\n")
    assert (first, second) == ("a.py", "b.py")
    assert codex.startswith("  s_")
    assert codex.endswith(" 2-4,9")
    key = codex.split("::")[0].strip()
    fields = json.loads(metadata)
    assert (fields["schema_version"], fields["base_commit_sha"], fields["prompts"]) == ("authorship/3.0.0", ID, {})
    assert fields["sessions"][key]["agent_id"] == {"tool": "codex", "id": "s1", "model": "unknown"}
    assert fields["sessions"][claude.split("::")[0].strip()]["agent_id"]["tool"] == "claude"
    assert "person" not in note
    assert authorship_notes.note(commit(FileAuthors("a.py", {PERSON: [Range(1, 1)], UNKNOWN: [Range(2, 2)]}))) == ""


def test_a_name_is_no_line_of_a_note_but_its_own() -> None:
    for path, shown in (
        ("---", '"---"'),
        ("a b.py", '"a b.py"'),
        ("a\n---\nb.py", "a\\n---\\nb.py"),
        ("  s_1::t_1 1-9", '"  s_1::t_1 1-9"'),
        ("\udcff.py", "\\xff.py"),
    ):
        note = authorship_notes.note(commit(FileAuthors(path, {CODEX: [Range(1, 1)]})))
        assert note.split("\n")[0] == shown
        assert note.count("\n---\n") == 1
        record = agent_trace.record(commit(FileAuthors(path, {CODEX: [Range(1, 1)]})))
        assert json.dumps(record, ensure_ascii=False).encode("utf-8")
