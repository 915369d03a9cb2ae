"""Every view in a real browser: with a week of activity and with nothing, at three widths, dark and light."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.web import week
from tests.integration.web.browser import Browser, axe_script
from tests.support import Daemon, Repository, wait_until

pytestmark = pytest.mark.xdist_group("browser")

PICTURES = Path(os.environ.get("OBSD_PICTURES", ".run/pictures"))
WIDTHS = (400, 900, 1400)
VIEWS = (
    "/",
    "/day",
    "/day?time=yesterday",
    "/week",
    "/sessions",
    "/sessions/3",
    "/commits",
    "/files",
    "/measures",
    "/health",
)
AXE = "axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.map(v => v.id + ': ' + v.nodes[0].html))"


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    opened = Browser(tmp_path / "browser")
    yield opened
    opened.close()


@pytest.fixture
def full(short_tmp: Path) -> Iterator[Daemon]:
    """A daemon with a week of activity."""
    daemon = Daemon(short_tmp / "d")
    places = {name: Repository(short_tmp / name, daemon.environment).path for name in ("shop", "shop-api")}
    week.fill(daemon.state / "ledger.sqlite3", places)
    daemon.start()
    yield daemon
    daemon.stop()


def origin(daemon: Daemon, browser: Browser) -> str:
    """Opens the page; returns its address without the slash."""
    browser.visit(daemon.json("open")["url"])
    href = str(browser.run("location.href"))
    assert "token" not in href
    return href.rstrip("/")


def name_of(view: str) -> str:
    return view.strip("/").replace("/", "-").replace("?time=", "-") or "now"


def look(browser: Browser, url: str, name: str) -> list[str]:
    """Visits a view at every width; returns what is wrong with it."""
    wrong = []
    for width in WIDTHS:
        dark = width == WIDTHS[1]
        browser.show(width, dark=dark)
        browser.visit(url)
        wait_until(lambda: browser.run("document.getElementById('live').textContent") == "live", "live updates")
        browser.picture(PICTURES / f"{name}-{width}{'-dark' if dark else ''}.png")
        wide = browser.run("document.documentElement.scrollWidth") - width
        wrong += [f"{name} at {width}: {wide} px too wide"] if wide > 0 else []
        browser.run(f"{axe_script()}; 0")
        wrong += [f"{name} at {width}: {fault}" for fault in browser.run(AXE)]
        others = [one for one in browser.requests() if not one.startswith(url[: url.index("/", 8)])]
        wrong += [f"{name} asked {one}" for one in others]
        wrong += [f"{name} at {width}: {fault}" for fault in browser.faults()]
    return wrong


def test_every_view_with_a_week_of_activity(full: Daemon, browser: Browser) -> None:
    base = origin(full, browser)
    wrong = [fault for view in VIEWS for fault in look(browser, base + view, f"week-{name_of(view)}")]
    assert wrong == []
    browser.visit(f"{base}/files")
    assert "<script>alert(1)" in str(browser.run("document.querySelector('main').textContent"))
    assert browser.run("document.querySelectorAll('main script').length") == 0


def test_every_view_with_an_empty_ledger(obsd_daemon: Daemon, browser: Browser) -> None:
    base = origin(obsd_daemon, browser)
    views = [view for view in VIEWS if view != "/sessions/3"]
    assert [fault for view in views for fault in look(browser, base + view, f"empty-{name_of(view)}")] == []


def test_changes_are_seen_to_arrive(obsd_daemon: Daemon, repository: Repository, browser: Browser) -> None:
    obsd_daemon.add(repository.path, "shop")
    origin(obsd_daemon, browser)
    text = "document.getElementById('%s').innerText"
    wait_until(lambda: browser.run(text % "live") == "live", "live updates")
    repository.write("fresh.py", "x = 1\n")
    wait_until(lambda: "created fresh.py" in browser.run(text % "lines"), "the change")
    wait_until(lambda: "unknown" in browser.run(text % "lines"), "its author")
    wait_until(lambda: "1 workspace is active" in browser.run(text % "totals"), "the totals")
    browser.run("document.getElementById('pause').click()")
    assert browser.run(text % "live") == "paused"
    repository.commit("feat: count what is new")
    wait_until(lambda: obsd_daemon.json("commits")["commits"], "the commit")
    assert "count what is new" not in browser.run(text % "lines")
    browser.run("document.getElementById('pause').click()")
    repository.write("again.py", "x = 1\n")
    wait_until(lambda: "created again.py" in browser.run(text % "lines"), "the next change")
    assert browser.faults() == []


def test_another_view_says_that_there_is_something_new(
    obsd_daemon: Daemon, repository: Repository, browser: Browser
) -> None:
    obsd_daemon.add(repository.path, "shop")
    browser.visit(origin(obsd_daemon, browser) + "/files")
    wait_until(lambda: browser.run("document.getElementById('live').innerText") == "live", "live updates")
    repository.write("fresh.py", "x = 1\n")
    wait_until(lambda: not browser.run("document.getElementById('fresh').hidden"), "a word of it")
    browser.run("document.querySelector('#fresh a').click()")
    wait_until(lambda: "fresh.py" in str(browser.run("document.querySelector('main')?.innerText")), "the file")


def test_a_choice_becomes_an_address(full: Daemon, browser: Browser) -> None:
    base = origin(full, browser)
    browser.visit(f"{base}/commits")
    browser.run(
        "const s = document.querySelector('[name=agent]'); s.value = 'codex';"
        " s.dispatchEvent(new Event('change', {bubbles: true}))"
    )
    wait_until(lambda: browser.run("location.search") == "?agent=codex&time=week", "the address")
    wait_until(lambda: browser.run("document.readyState") == "complete")
    rows = browser.run("[...document.querySelectorAll('main tr td:nth-child(4)')].map(cell => cell.innerText)")
    assert rows
    assert all(row.startswith("codex") for row in rows)
    browser.run("document.querySelector('nav a[href^=\"/sessions\"]').click()")
    wait_until(lambda: browser.run("location.pathname + location.search") == "/sessions?agent=codex&time=week")


def test_everything_is_reached_by_the_keyboard(full: Daemon, browser: Browser) -> None:
    browser.visit(origin(full, browser) + "/sessions")
    reached = []
    for _ in range(30):
        for kind in ("keyDown", "keyUp"):
            browser.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
        reached.append(browser.run("document.activeElement.name || document.activeElement.innerText"))
    assert reached[0] == "To the content"
    assert {"Now", "Week", "Health", "workspace", "agent", "time", "Pause"} <= set(reached)
    assert any(one.startswith("session ") for one in reached)


def test_dragging_over_the_lanes_shows_a_part_of_the_time(full: Daemon, browser: Browser) -> None:
    browser.show(1400)
    browser.visit(origin(full, browser) + "/week")
    box = browser.run(
        "(box => ({x: box.x, y: box.y + box.height / 2, width: box.width}))"
        "(document.querySelector('svg.lane').getBoundingClientRect())"
    )
    first, last = box["x"] + box["width"] / 4, box["x"] + box["width"] / 2
    for kind, x in (("mousePressed", first), ("mouseMoved", last), ("mouseReleased", last)):
        browser.call("Input.dispatchMouseEvent", type=kind, x=x, y=box["y"], button="left", buttons=1, clickCount=1)
    shown = (
        "[...document.querySelectorAll('svg.lane')].map(lane => lane.getAttribute('viewBox').split(' ').map(Number))"
    )
    assert all(abs(begin - 42) < 1 and abs(length - 42) < 1 for begin, _, length, _ in browser.run(shown))
    assert "Escape" in browser.run("document.getElementById('readout').textContent")
    for kind in ("keyDown", "keyUp"):
        browser.call("Input.dispatchKeyEvent", type=kind, key="Escape", code="Escape", windowsVirtualKeyCode=27)
    assert all((begin, length) == (0, 168) for begin, _, length, _ in browser.run(shown))
    assert browser.faults() == []
