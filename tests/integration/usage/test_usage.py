"""`obsctl usage` of a real daemon that reads a vendor over HTTP: days, warnings, a reload, an end."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import Daemon, Repository, wait_until
from tests.vendor_stub import KEY, Vendor, record


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = Vendor()
    yield made
    made.shutdown()
    made.server_close()


def day(back: int) -> str:
    """So many days ago, in UTC."""
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() - back * 86_400))


def reading(daemon: Daemon, url: str, folder: Path, mode: int = 0o600) -> Daemon:
    """Has the configuration name a vendor."""
    key = folder / "key"
    key.write_text(KEY)
    key.chmod(mode)
    daemon.configure(f'[usage.anthropic]\ntoken_file = "{key}"\nperson = "ada@example.org"\nurl = "{url}"')
    return daemon


def figures(daemon: Daemon) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = daemon.json("usage")["figures"]
    return found


def warnings(daemon: Daemon) -> list[str]:
    return [warning["text"] for warning in daemon.json("status")["warnings"] if warning["code"] == "usage_unread"]


def test_days_are_read_and_compared(
    make_daemon: Callable[[str], Daemon], repository: Repository, vendor: Vendor, tmp_path: Path
) -> None:
    today, before = day(0), day(3)
    vendor.days = {today: [[record(today)]], before: [[record(before), record(before, "bob@example.org")]]}
    daemon = reading(make_daemon("d"), vendor.url, tmp_path).start()
    daemon.add(repository.path, "shop", "--no-hooks")
    wait_until(lambda: len(set(vendor.asked)) == 30, "thirty days")
    wait_until(lambda: {one["day"] for one in figures(daemon)} >= {before}, "the days")
    by_name = {(one["day"], one["measure"]): one for one in figures(daemon)}
    old = by_name[before, "lines_added"]
    assert (old["amount"], old["counted"], old["settled"], old["reasons"]) == (10, None, True, ["not_watched"])
    now = by_name[today, "lines_added"]
    assert (now["counted"], now["difference"], now["settled"]) == (0, 10, False)
    assert now["reasons"] == ["not_settled", "watched_in_part", "elsewhere"]
    assert by_name[before, "sessions"]["reasons"] == ["not_measured"]
    shown = daemon.obsctl("usage")
    assert (shown.code, "ada@example.org" in shown.stdout, "lines added" in shown.stdout) == (0, False, True)
    assert (warnings(daemon), KEY in daemon.log) == ([], False)


def test_a_settled_day_is_not_read_again(make_daemon: Callable[[str], Daemon], vendor: Vendor, tmp_path: Path) -> None:
    daemon = reading(make_daemon("d"), vendor.url, tmp_path).start()
    wait_until(lambda: len(vendor.asked) >= 30, "thirty days")
    assert daemon.stop() == 0
    vendor.asked.clear()
    daemon.start()
    wait_until(lambda: day(0) in vendor.asked, "today again")
    assert daemon.stop() == 0
    assert day(5) not in vendor.asked


def test_a_vendor_that_refuses_is_a_warning_and_what_is_known_stays(
    make_daemon: Callable[[str], Daemon], vendor: Vendor, tmp_path: Path
) -> None:
    today = day(0)
    vendor.days = {today: [[record(today)]]}
    daemon = reading(make_daemon("d"), vendor.url, tmp_path).start()
    wait_until(lambda: figures(daemon), "the day")
    assert daemon.stop() == 0
    vendor.code = 403
    daemon.start()
    wait_until(lambda: warnings(daemon), "a warning")
    assert "refuses the key (403)" in warnings(daemon)[0]
    assert figures(daemon)
    vendor.code = 200
    daemon.configure()
    assert daemon.obsctl("reload").code == 0
    assert warnings(daemon) == []


def test_a_key_that_others_may_read_is_refused(
    make_daemon: Callable[[str], Daemon], vendor: Vendor, tmp_path: Path
) -> None:
    daemon = reading(make_daemon("d"), vendor.url, tmp_path, 0o644).start()
    wait_until(lambda: warnings(daemon), "a warning")
    assert ("may be read by others" in warnings(daemon)[0], vendor.asked) == (True, [])


def test_without_a_vendor_it_says_how(make_daemon: Callable[[str], Daemon]) -> None:
    daemon = make_daemon("d").start()
    assert daemon.json("usage") | {"figures": [], "vendors": [], "person": None} == daemon.json("usage")
    shown = daemon.obsctl("usage")
    assert (shown.code, "[usage.anthropic]" in shown.stdout + shown.stderr) == (0, True)


def test_a_vendor_that_never_answers_does_not_hold_the_end(
    make_daemon: Callable[[str], Daemon], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        daemon = reading(make_daemon("d"), f"http://127.0.0.1:{silent.getsockname()[1]}", tmp_path).start()
        accepted, _ = silent.accept()
        with accepted:
            assert daemon.stop(timeout=10) == 0
