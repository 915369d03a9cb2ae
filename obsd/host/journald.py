"""The journal's own protocol: log records with fields that an operator can search for.

Owns the socket to journald and the MESSAGE_ID of the few events that are worth a search; docs/install.md lists them,
and `journalctl -x` explains them (packaging/systemd/obsd.catalog).
Whoever logs marks a record with `fields`. Must not block: what journald does not take goes to stderr. Any thread.
"""

from __future__ import annotations

import logging
import socket
import struct
from pathlib import Path

SOCKET = Path("/run/systemd/journal/socket")

MESSAGE_IDS = {
    "ready": "8f2c50ab46f840d7bd867553272c4c93",
    "stopped": "9132fc9d76ec478fa9c0c8211726cecf",
    "reloaded": "f3a092766ed544128a69a67538ff7a61",
    "config_reload_failed": "5ed6132c90ef443a8632a494fd449f78",
    "watcher_restarted": "a0102648203649cb9c1715bfc12aea67",
    "rescanned": "46a74a1f2f184bf1946a5824cea1924f",
    "workspace_failed": "258f7d6aeaa64aa0aa0954594a39dc52",
    "workspace_degraded": "9e0e7dab2f214bfc8670f27b2ac4c578",
    "ledger_unwritable": "ce8e2c09321741b3af7453ebec4be81e",
    "ledger_moved_aside": "0576451952934004930ddc523be028d7",
    "metrics_port_taken": "7950a95951b44580bc00e904a4bb16a0",
}
"""systemd asks for random 128 bits each; they never change, because people's searches have them."""


def fields(event: str = "", workspace: str = "") -> dict[str, object]:
    """The `extra` of a log call: what happened, in one word, and to which workspace (empty: to the daemon)."""
    return {"obsd_event": event, "obsd_workspace": workspace}


class JournalHandler(logging.Handler):
    """Sends records to journald, and those that it does not take to `fallback`."""

    def __init__(self, fallback: logging.Handler, priorities: tuple[tuple[int, int], ...]) -> None:
        super().__init__()
        self._fallback = fallback
        self._priorities = priorities
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)

    def connect(self) -> bool:
        """Whether journald is there."""
        try:
            self._socket.connect(str(SOCKET))
        except OSError:
            self._socket.close()
            return False
        return True

    def close(self) -> None:
        """Lets go of the socket."""
        self._socket.close()
        super().close()

    def emit(self, record: logging.LogRecord) -> None:
        """Sends one record."""
        try:
            self._socket.send(self._datagram(record))
        except OSError:
            # A full queue, a message that is too large for a datagram, or journald in the middle of a restart.
            self._fallback.handle(record)

    def _datagram(self, record: logging.LogRecord) -> bytes:
        priority = next(number for least, number in self._priorities if record.levelno >= least)
        event = str(getattr(record, "obsd_event", ""))
        values = {
            "MESSAGE": self.format(record),
            "PRIORITY": str(priority),
            "SYSLOG_IDENTIFIER": "obsd",
            "OBSD_PART": record.name.removeprefix("obsd."),
            "OBSD_EVENT": event,
            "MESSAGE_ID": MESSAGE_IDS.get(event, ""),
            "OBSD_WORKSPACE": str(getattr(record, "obsd_workspace", "")),
        }
        return b"".join(_field(name, value) for name, value in values.items() if value)


def _field(name: str, value: str) -> bytes:
    """One field in journald's native protocol: a value with a newline in it has its length before it."""
    data = value.encode("utf-8", "backslashreplace")
    if b"\n" not in data:
        return b"%s=%s\n" % (name.encode(), data)
    return b"%s\n%s%s\n" % (name.encode(), struct.pack("<Q", len(data)), data)
