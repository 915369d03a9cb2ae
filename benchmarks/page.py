"""What the page costs over a ledger of ninety days: how soon a view is there, its size, and what an open one takes.

Run with: python -m benchmarks page [OBSD_BENCH_CHANGES=10000000]. Every change has an author here.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from benchmarks import processes, report, rig
from benchmarks.table import Row
from obsd.authorship.facts import ChangeAttributed
from obsd.facts import Evidence, Fact, FileChanged
from tests.integration.web.rig import Page
from tests.support import Daemon

VIEWS = ("/", "/day", "/week", "/sessions", "/commits", "/files", "/measures", "/measures?time=quarter", "/health")
ASSETS = ("page.css", "page.js", "icon.svg")
IDLE_SECONDS = 30.0
OPEN_PAGES = 20
SCRAPES = 100
_AUTHORS = ("claude-code", "person", "codex", "unknown")


def run() -> list[Row]:
    """Fills a ledger that ends now, and asks for every view of it."""
    with rig.folder() as folder:
        # As large as it is, so that nothing is pruned meanwhile.
        daemon = Daemon(folder / "d", "[ledger]\nmax_bytes = 100000000000\nretention_days = 1000\n")
        _fill(daemon.state / "ledger.sqlite3")
        daemon.start()
        try:
            page = Page(daemon)
            return [*_views(page), *_open_pages(daemon, page)]
        finally:
            daemon.stop()


def _views(page: Page) -> Iterator[Row]:
    files = sum(_fetched(page, f"/static/{name}")[1] for name in ASSETS)
    for view in VIEWS:
        first, size = _fetched(page, view)
        time.sleep(1.1)
        times = [first]
        for _ in range(4):
            times.append(_fetched(page, view)[0])
            time.sleep(1.1)
        yield Row("page", f"{view}, the slowest of 5", max(times) * 1000, "ms", 200)
        yield Row("page", f"{view}, with style and script, compressed", (size + files) / 1000, "kB", 60)


def _fetched(page: Page, target: str) -> tuple[float, int]:
    """Seconds and bytes of an answer."""
    begun = time.perf_counter()
    with page.connection(target, Accept_Encoding="gzip") as response:
        body = response.read()
        assert response.status == 200, target
    return time.perf_counter() - begun, len(body)


def _open_pages(daemon: Daemon, page: Page) -> Iterator[Row]:
    alone = _scrapes(daemon)
    with ExitStack() as stack:
        for number in range(OPEN_PAGES):
            stream = stack.enter_context(page.connection("/events"))
            assert stream.readline() == b"retry: 5000\n"
            if number == 0:
                yield Row("page", "an idle open page, CPU of one core", _idle(daemon), "%", 0.3)
        yield Row("page", f"{OPEN_PAGES} idle open pages, CPU of one core", _idle(daemon), "%")
        yield Row("page", "a scrape without open pages, median", alone * 1000, "ms")
        yield Row("page", f"a scrape with {OPEN_PAGES} open pages, median", _scrapes(daemon) * 1000, "ms")


def _idle(daemon: Daemon) -> float:
    time.sleep(2)
    before = processes.own_usage(daemon.pid)
    time.sleep(IDLE_SECONDS)
    return (processes.own_usage(daemon.pid) - before).cpu_seconds * 100 / IDLE_SECONDS


def _scrapes(daemon: Daemon) -> float:
    times = []
    for _ in range(SCRAPES):
        begun = time.perf_counter()
        daemon.scrape()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def _fill(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    report.BEGIN, report.END = time.time() - report.DAYS * 86_400, time.time()
    report.filled(path, _attributed).close()


def _attributed(facts: list[Fact], first: int) -> list[Fact]:
    """The facts with numbers of changes, and an author for each."""
    found: list[Fact] = []
    number = first
    for fact in facts:
        if isinstance(fact, FileChanged):
            number += 1
            author = _AUTHORS[number % len(_AUTHORS)]
            found.append(replace(fact, change=number))
            evidence: Evidence = "none" if author == "unknown" else "writer"
            lines = (fact.lines_added, fact.lines_removed)
            found.append(ChangeAttributed(fact.at, fact.workspace, number, fact.path, author, evidence, "", "", *lines))
        else:
            found.append(fact)
    return found
