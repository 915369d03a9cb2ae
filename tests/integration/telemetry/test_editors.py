"""What the editors' extension reports, with a real daemon: who made each save, and suggestions counted once."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from obsd.line_hashes import content_of
from tests.otlp import attributes, send_once
from tests.support import Daemon, Repository, wait_until

Part = tuple[str, str]


class Desk:
    """A daemon that receives, a workspace, and an editor's reports."""

    def __init__(self, daemon: Daemon, repository: Repository) -> None:
        self.daemon, self.repository = daemon, repository
        with socket.socket() as trial:
            trial.bind(("127.0.0.1", 0))
            self.http = f"127.0.0.1:{trial.getsockname()[1]}"
        daemon.configure(f'[authors]\nwriters = "off"\n[telemetry]\nhttp = "{self.http}"')
        daemon.start().add(repository.path, "shop")
        self.sent = 0

    def save(self, name: str, text: str, *parts: Part) -> None:
        """An editor writes a file, and says so."""
        path = self.repository.write(name, text)
        changes = [{"origin": origin, "provider": provider} for origin, provider in parts]
        self.report(
            "saved",
            path=str(path),
            content=content_of(text.encode()).blob,
            whole=True,
            reloaded=0.0,
            changes=json.dumps(changes),
        )

    def report(self, name: str, **words: Any) -> bytes:
        """Sends a record; returns the request."""
        self.sent += 1
        own = attributes(event__name=f"obsd.editor.{name}", id=f"w:{self.sent}", **words)
        record = {"timeUnixNano": str(time.time_ns()), "attributes": own}
        logs = {"scope": {"name": "obsd.vscode"}, "logRecords": [record]}
        body = json.dumps({"resourceLogs": [{"scopeLogs": [logs]}]}).encode()
        self.send(body)
        return body

    def send(self, body: bytes) -> None:
        """Sends a request."""
        assert send_once(self.http, "logs", body)[0] == 200

    def changes(self, agent: str, evidence: str) -> float:
        """The changes of an author so far."""
        return self.daemon.scrape().sum("obsd_agent_changes_total", agent=agent, evidence=evidence)

    def until(self, changes: float, agent: str, evidence: str) -> None:
        """Returns when an author has so many changes."""
        wait_until(lambda: self.changes(agent, evidence) == changes, f"{changes} of {agent}")


@pytest.fixture
def desk(make_daemon: Callable[[str], Daemon], repository: Repository) -> Desk:
    return Desk(make_daemon("d"), repository)


def test_each_save_has_the_author_of_its_edits(desk: Desk) -> None:
    desk.save("typed.py", "a = 1\n", ("typed", ""), ("pasted", ""), ("formatted", ""))
    desk.save("accepted.py", "b = 1\n", ("accepted", "GitHub.copilot"))
    desk.save("both.py", "c = 1\n", ("applied", "GitHub.copilot-chat"), ("typed", ""))
    desk.save("extension.py", "d = 1\n", ("extension", ""))
    desk.repository.write("not_by_the_editor.py", "e = 1\n")
    for agent, evidence, changes in (
        ("person", "editor", 1),
        ("copilot-vscode", "editor", 1),
        ("several", "editor", 1),
        ("unknown", "none", 2),
    ):
        desk.until(changes, agent, evidence)


def test_what_was_written_over_the_save_is_not_the_editors(desk: Desk) -> None:
    path = desk.repository.path / "over.py"
    desk.report(
        "saved",
        path=str(path),
        content=content_of(b"saved\n").blob,
        whole=True,
        reloaded=0.0,
        changes=json.dumps([{"origin": "typed", "provider": ""}]),
    )
    desk.repository.write("over.py", "other\n")
    desk.until(1, "unknown", "none")
    assert desk.changes("person", "editor") == 0


def test_suggestions_count_once_over_resends_and_restarts(desk: Desk) -> None:
    path = str(desk.repository.path / "a.py")
    words = {"path": path, "provider": "GitHub.copilot", "characters": 20}
    body = desk.report("suggestion", outcome="accepted", count=1, lines=3, **words)
    desk.report("suggestion", outcome="accepted", count=0, lines=2, **words)
    desk.report("suggestion", outcome="undone", count=1, lines=3, **words)
    for restart in (False, True):
        if restart:
            desk.daemon.restart()
        desk.send(body)
        scrape = desk.daemon.scrape()
        labels = {"workspace": "shop", "provider": "github.copilot"}
        assert scrape.value("obsd_suggestions_total", outcome="accepted", **labels) == 1
        assert scrape.value("obsd_suggested_lines_total", outcome="accepted", **labels) == 5
        assert scrape.value("obsd_suggestions_total", outcome="undone", **labels) == 1


def test_editors_are_a_source_of_evidence_that_status_shows(desk: Desk) -> None:
    def source() -> dict[str, Any]:
        shown = desk.daemon.json("status")["author_sources"]
        return next(one for one in shown if one["source"] == "editor")

    assert source() == {"source": "editor", "up": True, "text": "no editor has reported yet", "hint": ""}
    desk.save("typed.py", "a = 1\n", ("typed", ""))
    wait_until(lambda: source() == {"source": "editor", "up": True, "text": "", "hint": ""}, "the editor")
    assert desk.daemon.scrape().value("obsd_author_source_up", source="editor") == 1
    desk.daemon.configure('[telemetry]\nhttp = ""')
    assert desk.daemon.obsctl("reload").code == 0
    assert (source()["up"], "obsctl agents setup vscode" in source()["hint"]) == (False, True)
    assert "authors by editor" in desk.daemon.obsctl("doctor").stdout


def test_what_became_of_reported_lines_is_in_the_report_and_on_the_page(desk: Desk) -> None:
    desk.repository.git("commit", "--allow-empty", "-m", "feat: begin")
    words = {"path": str(desk.repository.path / "a.py"), "provider": "GitHub.copilot", "characters": 20}
    desk.report("suggestion", outcome="accepted", count=1, lines=4, **words)
    desk.report("suggestion", outcome="undone", count=1, lines=1, **words)
    desk.save("a.py", "1\n2\n3\n4\n", ("accepted", "GitHub.copilot"))
    desk.until(1, "copilot-vscode", "editor")
    desk.save("a.py", "1\n2\n3\nmine\n", ("typed", ""))
    desk.until(1, "person", "editor")
    desk.repository.commit("feat: add a")

    def report() -> Any:
        return desk.daemon.json("report")

    expected = [
        {"agent": "copilot-vscode", "written": 4, "committed": 3, "replaced": 1},
        {"agent": "person", "written": 1, "committed": 1, "replaced": 0},
    ]
    wait_until(lambda: report()["reported"] == expected, "what became of the lines")
    suggested = {"provider": "github.copilot", "agent": "copilot-vscode", "accepted": 1, "accepted_lines": 4}
    suggested |= {"undone": 1, "undone_lines": 1, "shown": None, "rejected": None}
    assert report()["suggestions"] == [suggested]
    assert desk.daemon.json("report", "--agent", "codex")["suggestions"] == []
    shown = desk.daemon.obsctl("report").stdout
    assert "github.copilot" in shown
    assert "REPLACED BEFORE" in shown
