"""Live updates: lines arrive, are completed by their authors, and end with the client."""

from __future__ import annotations

import http.client
from collections.abc import Iterator

from tests.integration.web.rig import Page
from tests.support import Daemon, Repository


def events(stream: http.client.HTTPResponse) -> Iterator[tuple[str, str]]:
    """Name and data of each event."""
    name = ""
    while line := stream.readline().decode():
        key, _, value = line.rstrip("\n").partition(": ")
        if key == "event":
            name = value
        elif key == "data":
            yield name, value


def test_a_change_arrives_and_then_its_author(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "shop")
    page = Page(obsd_daemon)
    with page.connection("/events") as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert stream.readline() == b"retry: 5000\n"
        repository.write("a&b.py", "x = 1\n")
        coming = events(stream)
        seen = next(data for name, data in coming if name == "line" and "created a&amp;b.py" in data)
        key = seen.partition('id="')[2].partition('"')[0]
        assert key.startswith("c")
        if "unknown" not in seen:
            last = next(data for name, data in coming if name == "line" and f'id="{key}"' in data)
            assert "unknown" in last
        assert next(name for name, _ in coming if name == "fresh") == "fresh"


def test_a_workspace_alone(obsd_daemon: Daemon, repository: Repository) -> None:
    other = Repository(repository.path.parent / "other", obsd_daemon.environment)
    obsd_daemon.add(repository.path, "shop")
    obsd_daemon.add(other.path, "other")
    with Page(obsd_daemon).connection("/events?workspace=other") as stream:
        assert stream.readline() == b"retry: 5000\n"
        repository.write("a.py", "x = 1\n")
        obsd_daemon.settle("shop")
        other.write("b.py", "x = 1\n")
        first = next(data for name, data in events(stream) if name == "line" and ".py" in data)
        assert "b.py" in first


def test_a_flood_is_a_few_lines_and_a_number(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "shop")
    with Page(obsd_daemon).connection("/events") as stream:
        assert stream.readline() == b"retry: 5000\n"
        for number in range(400):
            repository.write(f"f{number}.py", "x = 1\n")
        assert any("more</span>" in data.replace(" ", "") or " more" in data for name, data in events(stream))
