"""Copilot's and Cursor's days in a real daemon: read over HTTP, and compared with what it saw."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import copilot_stub, cursor_stub
from tests.copilot_stub import Copilot
from tests.cursor_stub import Cursor
from tests.integration.web.rig import Page
from tests.support import Daemon, Repository, wait_until


@pytest.fixture
def github() -> Iterator[Copilot]:
    made = Copilot()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def cursor() -> Iterator[Cursor]:
    made = Cursor()
    yield made
    made.shutdown()
    made.server_close()


def day(back: int) -> str:
    """So many days ago, in UTC."""
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() - back * 86_400))


def key(folder: Path, name: str, text: str) -> str:
    """The path of a file with a key."""
    path = folder / name
    path.write_text(text)
    path.chmod(0o600)
    return str(path)


def copilot(github: Copilot, folder: Path, more: str = "") -> str:
    """The section of the configuration."""
    token = key(folder, "github", copilot_stub.TOKEN)
    return f'[usage.copilot]\ntoken_file = "{token}"\norganization = "acme"\nurl = "{github.url}"\n{more}\n'


def cursors(cursor: Cursor, folder: Path, more: str = "") -> str:
    """The section of the configuration."""
    token = key(folder, "cursor", cursor_stub.KEY)
    return f'[usage.cursor]\ntoken_file = "{token}"\nurl = "{cursor.url}"\n{more}\n'


def figures(daemon: Daemon, *arguments: str) -> dict[tuple[str, str, str], dict[str, Any]]:
    """By vendor, day and measure, or subject where there is one."""
    found = daemon.json("usage", *arguments)["figures"]
    return {(one["vendor"], one["day"], one["subject"] or one["measure"]): one for one in found}


def warnings(daemon: Daemon) -> list[str]:
    return [warning["text"] for warning in daemon.json("status")["warnings"] if warning["code"] == "usage_unread"]


def test_reports_are_read_in_all_their_states(
    make_daemon: Callable[[str], Daemon], github: Copilot, tmp_path: Path
) -> None:
    new, old, empty = day(1), day(5), day(6)
    for each in (new, old):
        github.add("users-1-day", each, copilot_stub.user(each), copilot_stub.user(each, "bob", 2))
        github.add("organization-1-day", each, copilot_stub.totals(each))
        github.add("user-teams-1-day", each, copilot_stub.member(each, 1, "core"))
        github.add("repos-1-day", each, copilot_stub.repository(each))
    github.reports["users-1-day", empty] = []
    more = (
        'reports = ["totals", "teams", "repositories"]\npeople = {ada = "ada@example.org"}\nperson = "ada@example.org"'
    )
    daemon = make_daemon("d")
    daemon.configure(copilot(github, tmp_path, more))
    daemon.start()
    wait_until(lambda: {day for kind, day in github.asked if kind == "users-1-day"} >= {day(29)}, "all days")
    wait_until(lambda: ("copilot", old, "lines_added") in figures(daemon), "the days")
    found = figures(daemon)
    assert (found["copilot", old, "lines_added"]["amount"], found["copilot", old, "lines_added"]["settled"]) == (
        64,
        True,
    )
    assert found["copilot", new, "lines_added"]["reasons"][0] == "not_settled"
    assert {one for _, one, _ in found} == {new, old}
    assert day(0) not in {day for _, day in github.asked}, "today is not over"
    assert set(figures(daemon, "--of", "team")) == {("copilot", new, "core"), ("copilot", old, "core")}
    assert ("copilot", old, "acme/shop") in figures(daemon, "--of", "repository")
    assert ("copilot", old, "acme") in figures(daemon, "--of", "total")
    shown = daemon.obsctl("usage", "--of", "team")
    assert (shown.code, "core" in shown.stdout) == (0, True)
    assert (warnings(daemon), copilot_stub.TOKEN in daemon.log, "sig=secret" in daemon.log) == ([], False, False)


def test_the_last_day_that_is_over_is_a_metric(
    make_daemon: Callable[[str], Daemon], github: Copilot, tmp_path: Path
) -> None:
    yesterday = day(1)
    github.add("users-1-day", day(2), copilot_stub.user(day(2), loc_added_sum=1))
    github.add("users-1-day", yesterday, copilot_stub.user(yesterday), copilot_stub.user(yesterday, "bob", 2))
    daemon = make_daemon("d")
    daemon.configure(copilot(github, tmp_path, "reports = []"))
    daemon.start()
    daemon.wait_for("obsd_vendor_usage", 128, vendor="copilot", measure="lines_added")
    midnight = time.time() // 86_400 * 86_400
    daemon.wait_for("obsd_vendor_usage_day_timestamp_seconds", midnight, vendor="copilot")
    assert daemon.stop() == 0
    github.code = 500
    daemon.start()
    daemon.wait_for("obsd_vendor_usage", 128, vendor="copilot", measure="lines_added")
    daemon.configure()
    assert daemon.obsctl("reload").code == 0
    assert list(daemon.scrape().matching("obsd_vendor_usage")) == []


def test_what_was_read_stays_when_its_report_goes(
    make_daemon: Callable[[str], Daemon], github: Copilot, tmp_path: Path
) -> None:
    yesterday = day(1)
    github.add("users-1-day", yesterday, copilot_stub.user(yesterday))
    daemon = make_daemon("d")
    daemon.configure(copilot(github, tmp_path, "reports = []"))
    daemon.start()
    wait_until(lambda: figures(daemon), "the day")
    assert daemon.stop() == 0
    github.reports.clear()
    github.asked.clear()
    daemon.start()
    wait_until(lambda: ("users-1-day", yesterday) in github.asked, "yesterday again")
    wait_until(lambda: ("users-1-day", day(2)) in github.asked or len(github.asked) > 1, "the day before")
    assert ("copilot", yesterday, "lines_added") in figures(daemon)


def test_commits_are_compared_by_their_ids(
    make_daemon: Callable[[str], Daemon], repository: Repository, cursor: Cursor, tmp_path: Path
) -> None:
    daemon = make_daemon("d").start()
    daemon.add(repository.path, "shop")
    repository.write("a.py", "one\ntwo\n")
    made = repository.commit("feat: add two lines of it")
    wait_until(lambda: daemon.json("commits")["commits"], "the commit")
    wait_until(lambda: daemon.json("commits")["commits"][0]["origins"], "its origins")
    today = day(0)
    elsewhere = "f" * 40
    cursor.pages = [[cursor_stub.record(today)]]
    cursor.commits = [
        cursor_stub.commit(made, today, tabLinesAdded=1, composerLinesAdded=0),
        cursor_stub.commit(elsewhere, today),
    ]
    daemon.configure(cursors(cursor, tmp_path, "commits = true"))
    assert daemon.obsctl("reload").code == 0
    wait_until(lambda: daemon.json("usage")["commits"], "the commits")
    by_id = {one["id"]: one for one in daemon.json("usage")["commits"]}
    assert (by_id[made]["workspace"], by_id[made]["amount"], by_id[made]["counted"]) == ("shop", 1, 0)
    assert by_id[elsewhere] | {"workspace": None, "counted": None, "reasons": ["not_here"]} == by_id[elsewhere]
    shown = daemon.obsctl("usage")
    assert (shown.code, made[:10] in shown.stdout, "secret plan" in shown.stdout) == (0, True, False)
    view = Page(daemon).ask("/measures?time=week")
    assert (view.code, f"lines of commit {made[:10]}" in view.text, "lines added" in view.text) == (200, True, True)
    narrow = Page(daemon).ask("/measures?time=week&workspace=shop")
    assert [text in narrow.text for text in (made[:10], elsewhere[:10], "lines added")] == [True, False, False]
    other = Page(daemon).ask("/measures?time=week&agent=codex")
    assert made[:10] not in other.text


def test_one_vendors_failure_is_its_own(
    make_daemon: Callable[[str], Daemon], github: Copilot, cursor: Cursor, tmp_path: Path
) -> None:
    github.code = 403
    cursor.pages = [[cursor_stub.record(day(0))]]
    daemon = make_daemon("d")
    daemon.configure(copilot(github, tmp_path) + cursors(cursor, tmp_path))
    daemon.start()
    wait_until(lambda: warnings(daemon), "a warning")
    wait_until(lambda: ("cursor", day(0), "lines_added") in figures(daemon), "the other vendor's day")
    assert "copilot: it refuses the key (403)" in warnings(daemon)[0]
    assert "cursor" not in warnings(daemon)[0]
    cursor.code = 429
    assert daemon.stop() == 0
    daemon.start()
    wait_until(lambda: warnings(daemon) and "cursor: its limit" in warnings(daemon)[0], "both")
    daemon.configure()
    assert daemon.obsctl("reload").code == 0
    assert warnings(daemon) == []


def test_a_scope_that_is_none_is_a_fault_of_the_caller(make_daemon: Callable[[str], Daemon]) -> None:
    daemon = make_daemon("d").start()
    assert daemon.obsctl("usage", "--of", "planet").code == 2
    assert daemon.json("usage", "--of", "team")["figures"] == []
