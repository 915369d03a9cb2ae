"""What people and scripts read: nothing steers a terminal, and the words stay as they are documented."""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from datetime import UTC, datetime

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from obsctl import arguments, documents, fact_lines, render
from obsd import facts, rpc_encoding
from obsd.api import convert
from obsd.authorship.facts import ChangeAttributed, WriteRecorded
from obsd.facts import telemetry as telemetry_facts
from obsd.v1 import activity_pb2, workspace_pb2


def test_rows_are_aligned_text() -> None:
    assert render.aligned([["NAME", "WATCHES"], ["a", "1"], ["b", "23456"]], right=[1]) == [
        "NAME  WATCHES",
        "a           1",
        "b       23456",
    ]


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("2h", 7200), ("30min", 1800), ("30m", 1800), ("7d", 604_800), ("1.5 h", 5400)]
)
def test_since_counts_back_from_now(text: str, seconds: float) -> None:
    now = datetime.now(UTC).timestamp()
    assert arguments.since(text) == pytest.approx(now - seconds, abs=5)


def test_since_takes_a_time() -> None:
    assert arguments.since("2026-05-04T03:02:01Z") == datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC).timestamp()
    assert arguments.since("1900-01-01T00:00:00Z") == 0


@pytest.mark.parametrize("text", ["", "soon", "7", "-7d", "9999999999d", "2026-13-01"])
def test_since_refuses_what_is_no_time(text: str) -> None:
    with pytest.raises(ArgumentTypeError):
        arguments.since(text)


def test_a_commit_has_the_keys_of_the_contract() -> None:
    found = documents.commit(activity_pb2.Commit(id="a" * 40, committed_at=rpc_encoding.timestamp(1.25)))
    who = {"id", "workspace", "branch", "author", "subject", "kind", "agent", "evidence"}
    assert who | {"lines_added", "lines_removed", "files_changed", "committed_at"} <= set(found)
    assert found["committed_at"] == "1970-01-01T00:00:01.250Z"


def test_a_session_has_the_keys_of_the_contract() -> None:
    running = activity_pb2.Session(id="1", agents=[activity_pb2.AgentEvidence(agent="codex", evidence="trailer")])
    found = documents.session(running)
    when = {"id", "workspace", "started_at", "ended_at", "duration_seconds", "agents"}
    assert when | {"changes", "files", "lines_added", "lines_removed", "commits", "violations"} <= set(found)
    assert found["ended_at"] is None
    assert found["agents"] == [{"agent": "codex", "evidence": "trailer"}]
    running.ended_at.CopyFrom(Timestamp(seconds=5))
    assert documents.session(running)["ended_at"] == "1970-01-01T00:00:05.000Z"


def test_a_workspace_has_the_keys_and_words_of_the_contract() -> None:
    message = workspace_pb2.Workspace(
        name="w", state=workspace_pb2.WORKSPACE_STATE_DEGRADED, hooks=workspace_pb2.HOOK_STATE_FOREIGN
    )
    found = documents.workspace(message)
    assert {"name", "path", "state", "detail", "watches", "hooks"} <= set(found)
    assert (found["state"], found["hooks"]) == ("degraded", "foreign")


EXAMPLES: list[tuple[facts.Fact, str]] = [
    (
        facts.FileChanged(1.5, "w", "a\udcff\x1b.py", "modified", "Python", 3, 1),
        "modified a\\xff\\x1b.py (+3 -1)",
    ),
    (
        facts.FileChanged(1.5, "w", "b.bin", "renamed", "other", None, None, "binary", "a.bin"),
        "renamed a.bin -> b.bin (lines unmeasured: binary)",
    ),
    (facts.GitChangedFiles(1.5, "w", "checkout", 1), "git checkout wrote 1 file"),
    (facts.WorkDiscarded(1.5, "w", "reset", 2, 1), "git reset discarded 1 line of uncommitted work in 2 files"),
    (facts.WorkDiscarded(1.5, "w", "stash", 1, 9), "git stash put 9 lines of uncommitted work in 1 file aside"),
    (
        facts.CommitMade(
            *(1.5, "w", "c" * 40, "main", "Ada", "a@b", "fix: it\r", "commit"),
            *("codex", "environment", 3, 1, 2, 1.0, "hook"),
        ),
        "commit cccccccccc on main: fix: it\\r (+3 -1 in 2 files, by codex (environment))",
    ),
    (facts.CommitRewritten(1.5, "w", "amend", "", "d" * 40), "amend: an unknown commit is now dddddddddd"),
    (
        facts.CommitOrigins(
            *(1.5, "w", "d" * 40),
            (facts.OriginLines("codex", "writer", 3), facts.OriginLines("codex", "record", 1)),
            (facts.OriginLines("codex", "writer", 3), facts.OriginLines("codex", "record", 1)),
        ),
        "commit dddddddddd adds 4 lines: codex 4",
    ),
    (
        facts.CommitOrigins(1.5, "w", "d" * 40, (facts.OriginLines("before", "none", 1),), ()),
        "commit dddddddddd adds 1 line: there before 1",
    ),
    (facts.CommitOrigins(1.5, "w", "d" * 40, (), ()), "commit dddddddddd adds 0 lines"),
    (facts.SessionStarted(1.5, "w", "s"), "session started"),
    (facts.SessionEnded(1.5, "w", "s", 1.0, 75.0, "unknown"), "session ended after 1 min"),
    (
        telemetry_facts.AgentSessionSeen(1.5, "w", "codex", "s\n1", "process", 1.0, 1.5),
        "codex reported its session s\\n1",
    ),
    (
        ChangeAttributed(1.5, "w", 7, "a\n.py", "codex", "writer", "s", "sed", 2, 1),
        "a\\n.py is by codex (writer) with sed",
    ),
    (
        ChangeAttributed(1.5, "w", 7, "a.py", "person", "record", late=True),
        "a.py is by a person (record, evidence came late)",
    ),
    (ChangeAttributed(1.5, "w", 7, "a.py", "unknown", "none"), "a.py: author unknown"),
    (
        ChangeAttributed(1.5, "w", 7, "a.py", "unknown", "none", program="code"),
        "a.py: author unknown, written with code",
    ),
    (
        WriteRecorded(1.5, "w", "a.py", "codex", "s", "t", 1.0, 1.2, 2, 1),
        "codex recorded that it wrote a.py",
    ),
    (facts.AgentsPresent(1.5, "w", ("codex", "claude-code")), "at work: codex, claude-code"),
    (facts.RuleBroken(1.5, "w", "commit_lines", "abc", "it is long"), "rule commit_lines is broken by abc: it is long"),
    (
        facts.LinesKept(1.5, "w", ((1, "codex", 5, 4), (1, "person", 2, 2), (7, "codex", 0, 0))),
        "kept: 6 of 7 lines after 1 d",
    ),
    (facts.RuleKept(1.5, "w", "commit_lines"), "rule commit_lines is satisfied again"),
    (
        facts.AnomalySeen(1.5, "w", "deletions", 412.0, 3.0, 21.0, 8.1, 300.0, "", "412 deletions; usual is 3"),
        "unusual: 412 deletions; usual is 3",
    ),
    (facts.ClockStepped(1.5, "w", -3600.0), "the clock was set by -3600.0 s"),
    (facts.Rescanned(1.5, "w", "overflow", 0.5, 2), "rescanned (overflow): 2 changes in 0.50 s"),
    (facts.WorkspaceAdded(1.5, "w", "/x"), "workspace added: /x"),
    (facts.WorkspaceRemoved(1.5, "w"), "workspace removed"),
    (facts.WatcherRestarted(1.5, "w", "signal 9"), "watcher restarted: signal 9"),
    (facts.HookReported(1.5, "w", "known", "probe"), "HookReported hook=probe result=known"),
]


@pytest.mark.parametrize(("fact", "words"), EXAMPLES, ids=[type(fact).__name__ for fact, _ in EXAMPLES])
def test_a_fact_as_a_line_and_as_json(fact: facts.Fact, words: str) -> None:
    document = documents.event(convert.event(fact))
    shown = fact_lines.line(document, 1.5)
    assert shown.endswith(f"  w  {words}")
    assert shown.isprintable()
    again = json.loads(json.dumps(document))
    assert (again["kind"], again["workspace"], again["at"]) == (type(fact).__name__, "w", "1970-01-01T00:00:01.500Z")


def test_every_fact_that_is_kept_can_be_streamed() -> None:
    assert {type(fact).__name__ for fact, _ in EXAMPLES} >= convert.NEWS
