"""The page's numbers are those of the command line, over a week of activity."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.integration.web import week
from tests.integration.web.rig import Page
from tests.support import Daemon, Repository


class Tables(HTMLParser):
    """The cells of all rows of a view, as text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._in_cell = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag == "td":
            self.rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = self._in_cell and tag != "td"

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.rows[-1][-1] += data

    def with_cells(self, count: int) -> list[list[str]]:
        """The rows of so many cells, without white space around them."""
        return [[" ".join(cell.split()) for cell in row] for row in self.rows if len(row) == count]


@pytest.fixture
def page(short_tmp: Path) -> Iterator[Page]:
    """The page of a daemon with a week of activity."""
    daemon = Daemon(short_tmp / "d")
    places = {name: Repository(short_tmp / name, daemon.environment).path for name in ("shop", "shop-api")}
    week.fill(daemon.state / "ledger.sqlite3", places)
    daemon.start()
    yield Page(daemon)
    daemon.stop()


def lines_of(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"\+([0-9,]+) −([0-9,]+)", text)
    assert found, text
    return int(found[1].replace(",", "")), int(found[2].replace(",", ""))


def summed(pairs: list[tuple[int, int]]) -> tuple[int, int]:
    return sum(added for added, _ in pairs), sum(removed for _, removed in pairs)


def monday() -> str:
    """The first moment of the page's seven days."""
    now = time.localtime()
    at = time.mktime((now.tm_year, now.tm_mon, now.tm_mday - 6, 0, 0, 0, -1, -1, -1))
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def test_lines_of_files_and_of_authors_are_those_of_the_report(page: Page) -> None:
    report = page.daemon.json("report", "--since", monday())
    files = Tables(page.ask("/files?time=week&rows=1000").text).with_cells(5)
    authors = Tables(page.ask("/week").text).with_cells(8)
    truth = (report["changes"]["lines_added"], report["changes"]["lines_removed"])
    assert truth[0] > 1000
    assert summed([lines_of(row[3]) for row in files]) == truth
    assert summed([lines_of(row[4]) for row in authors]) == truth
    shares = {one["agent"]: one["lines_added"] for one in report["shares"]}
    assert {row[0]: lines_of(row[4])[0] for row in authors} == {
        {"person": "a person"}.get(agent, agent): lines for agent, lines in shares.items()
    }


def test_sessions_and_commits_are_those_of_the_command_line(page: Page) -> None:
    sessions = page.daemon.json("sessions", "--since", monday(), "--limit", "0")["sessions"]
    shown = Tables(page.ask("/sessions?time=week&rows=1000").text).with_cells(9)
    assert [row[0] for row in shown] == [f"session {one['id']}" for one in sessions]
    assert [lines_of(row[5]) for row in shown] == [(one["lines_added"], one["lines_removed"]) for one in sessions]
    commits = page.daemon.json("commits", "--since", monday(), "--limit", "0")["commits"]
    rows = Tables(page.ask("/commits?time=week&rows=1000").text).with_cells(7)
    assert len(rows) == len(commits) > 100
    assert all(row[2].startswith(one["subject"]) for row, one in zip(rows, commits, strict=True))
    assert all(
        one["origins"][0]["agent"] in row[4].replace("a person", "person")
        for row, one in zip(rows, commits, strict=True)
    )
    assert [row[6] for row in rows] == [f"+{one['lines_added']} −{one['lines_removed']}" for one in commits]


def test_one_session_adds_up(page: Page) -> None:
    session = page.daemon.json("sessions")["sessions"][5]
    text = page.ask(f"/sessions/{session['id']}").text
    files = Tables(text).with_cells(5)
    assert summed([lines_of(row[3]) for row in files]) == (session["lines_added"], session["lines_removed"])
    assert len(files) == session["files"]
    authors = [row for row in Tables(text).with_cells(4) if row[2].isdigit()]
    assert sum(int(row[2]) for row in authors) == session["changes"]


def test_one_agent_and_one_workspace(page: Page) -> None:
    rows = Tables(page.ask("/files?workspace=shop&agent=codex&time=week").text).with_cells(5)
    assert rows
    assert all("codex" in row[1] and row[0].endswith("shop") for row in rows)
    assert page.ask("/sessions/999999").code == 404
    assert page.ask("/sessions/x").code == 404
    assert page.ask("/sessions/").code == 404


def test_suggestions_and_reported_lines_are_those_of_the_report(page: Page) -> None:
    report = page.daemon.json("report", "--since", monday())
    tables = Tables(page.ask("/measures?time=week").text)
    assert [row for row in tables.with_cells(7) if row[0] == "github.copilot" or row[0].startswith("own.")] == [
        [
            *(one["provider"], one["agent"] or "–", f"{one['accepted']:,}", f"{one['accepted_lines']:,}"),
            *(f"{one['undone']:,}", "–" if one["shown"] is None else f"{one['shown']:,}", "–"),
        ]
        for one in report["suggestions"]
    ]
    assert len(report["suggestions"]) == 2
    named = {"person": "a person"}
    assert [row for row in tables.with_cells(4) if row[1:] and row[1].replace(",", "").isdigit()] == [
        [named.get(one["agent"], one["agent"]), *(f"{one[name]:,}" for name in ("written", "committed", "replaced"))]
        for one in report["reported"]
    ]
    assert sum(one["committed"] for one in report["reported"]) > 0


def test_the_funnel_is_that_of_the_report(page: Page) -> None:
    report = page.daemon.json("report", "--since", monday())
    named = {"person": "a person", "before": "there before"}
    written = {one["agent"]: one["lines_added"] for one in report["shares"]}
    committed = {one["agent"]: one["lines"] for one in report["committed"]}
    kept = {(one["agent"], one["days"]): f"{one['kept']:,} of {one['committed']:,}" for one in report["kept"]}
    rows = Tables(page.ask("/measures?time=week").text).with_cells(7)
    for author in ("codex", "person", "before"):
        [row] = [row for row in rows if row[0] == named.get(author, author)]
        assert row[1:] == [
            "–" if author == "before" else f"{written[author]:,}",
            f"{committed.get(author, 0):,}",
            *(kept.get((author, days), "–") for days in (1, 7, 30, 90)),
        ]
    assert kept["person", 7] == "2,400 of 3,000"
    alone = Tables(page.ask("/measures?time=week&agent=codex").text).with_cells(7)
    assert [row[0] for row in alone if " of " in row[4]] == ["codex"]
