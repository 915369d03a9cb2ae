"""Fields for the journal, against a real datagram socket in journald's place."""

from __future__ import annotations

import logging
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from obsd.health import CONDITIONS, Health
from obsd.host import journald as journal
from obsd.host import logs


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def journald(short_tmp: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A socket where journald's would be, and stderr that is said to be the journal."""
    place = short_tmp / "socket"
    found = os.fstat(2)
    monkeypatch.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino}")
    monkeypatch.setattr(journal, "SOCKET", place)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(place))
        server.settimeout(10)
        yield server


def fields(datagram: bytes) -> dict[str, str]:
    """What journald would read in a datagram."""
    found: dict[str, str] = {}
    while datagram:
        name, separator, rest = datagram.partition(b"\n")
        if b"=" in name:
            key, _, value = name.partition(b"=")
            datagram = rest
        else:
            assert separator
            size = int.from_bytes(rest[:8], "little")
            key, value, datagram = name, rest[8 : 8 + size], rest[8 + size + 1 :]
        found[key.decode()] = value.decode()
    return found


def test_a_record_has_its_workspace_and_the_id_of_its_event(journald: socket.socket) -> None:
    logs.set_up("info")
    logging.getLogger("obsd.sources.child").warning("shop: ended", extra=journal.fields("watcher_restarted", "shop"))
    assert fields(journald.recv(65536)) == {
        "MESSAGE": "sources.child: shop: ended",
        "PRIORITY": "4",
        "SYSLOG_IDENTIFIER": "obsd",
        "OBSD_PART": "sources.child",
        "OBSD_EVENT": "watcher_restarted",
        "MESSAGE_ID": journal.MESSAGE_IDS["watcher_restarted"],
        "OBSD_WORKSPACE": "shop",
    }


def test_a_traceback_keeps_its_lines_and_a_name_cannot_forge_a_field(journald: socket.socket) -> None:
    logs.set_up("info")
    try:
        raise ValueError("x")
    except ValueError:
        logging.getLogger("obsd.x").exception("a file %s", "y\nPRIORITY=0\udcff")
    found = fields(journald.recv(65536))
    assert found["MESSAGE"].startswith("x: a file y\\nPRIORITY=0\\xff\nTraceback")
    assert found["PRIORITY"] == "3"


def test_a_condition_of_health_is_marked_with_its_code(journald: socket.socket) -> None:
    logs.set_up("info")
    Health().raise_("workspace_failed", "shop", detail="gone")
    found = fields(journald.recv(65536))
    assert (found["OBSD_EVENT"], found["OBSD_WORKSPACE"]) == ("workspace_failed", "shop")
    assert found["MESSAGE_ID"] == journal.MESSAGE_IDS["workspace_failed"]


def test_what_journald_does_not_take_goes_to_stderr(
    journald: socket.socket, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up("info")
    journald.close()
    logging.getLogger("obsd.daemon").error("one")
    assert capsys.readouterr().err == "<3>daemon: one\n"


def test_message_ids_are_well_formed_and_of_events_that_exist() -> None:
    assert all(re.fullmatch(r"[0-9a-f]{32}", value) for value in journal.MESSAGE_IDS.values())
    assert len(set(journal.MESSAGE_IDS.values())) == len(journal.MESSAGE_IDS)
    told = (Path(__file__).parents[3] / "docs" / "install.md").read_text()
    assert all(f"(`{event}`) | `{value}` |" in told for event, value in journal.MESSAGE_IDS.items())
    conditions = {name for name in journal.MESSAGE_IDS if name in CONDITIONS}
    assert journal.MESSAGE_IDS.keys() - conditions == {"ready", "stopped", "reloaded", "watcher_restarted", "rescanned"}
