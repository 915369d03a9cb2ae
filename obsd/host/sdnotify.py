"""The service manager: what obsd reports to systemd, and when it reports that it is alive.

Owns the connection to $NOTIFY_SOCKET, which it takes out of the environment so that no child can speak for the
daemon. Without a service manager every call does nothing. Calls on the event loop; sending a datagram does not block.
"""

from __future__ import annotations

import os
import select
import socket
import time

from obsd.text import printable

_WAIT_SECONDS = 0.5
"""So long the few messages that matter wait for room."""


class Notifier:
    """Messages of sd_notify(3). `watchdog_seconds` is how often `alive` is due; None: nobody asked."""

    def __init__(self) -> None:
        self._socket = _connected(os.environ.get("NOTIFY_SOCKET", ""))
        self.watchdog_seconds = _watchdog_seconds()
        self._status = ""
        self._unsent = ""
        for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"):
            os.environ.pop(name, None)

    def close(self) -> None:
        """Lets go of the socket."""
        if self._socket is not None:
            self._socket.close()

    def ready(self) -> None:
        """The start, or a reload, is done."""
        self._send("READY=1", _WAIT_SECONDS)

    def reloading(self) -> None:
        """A reload begins; systemd wants to know when, to tell it from the READY before."""
        self._send(
            f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}",
            _WAIT_SECONDS,
        )

    def stopping(self) -> None:
        """The daemon ends."""
        self._send("STOPPING=1", _WAIT_SECONDS)

    def extend(self, seconds: float) -> None:
        """The start takes longer; so much more time is asked for."""
        self._send(f"EXTEND_TIMEOUT_USEC={int(seconds * 1e6)}")

    def alive(self) -> None:
        """Everything answers."""
        self._send("WATCHDOG=1")
        if self._unsent:
            self._show(self._unsent)

    def status(self, text: str) -> None:
        """The line that `systemctl status` shows; nothing is sent when it is the same as before."""
        if text != self._status:
            self._status = text
            self._show(text)

    def _show(self, text: str) -> None:
        self._unsent = "" if self._send(f"STATUS={printable(text)}") else text

    def _send(self, message: str, wait_seconds: float = 0.0) -> bool:
        """Returns whether there was room: a service manager that does not read must not hold up the event loop."""
        if self._socket is None:
            return True
        if not select.select([], [self._socket], [], wait_seconds)[1]:
            return False
        try:
            self._socket.send(message.encode("utf-8", "backslashreplace"))
        except BlockingIOError:
            return False
        except OSError:
            pass  # the service manager is gone; its messages have no other reader
        return True


def _connected(address: str) -> socket.socket | None:
    """Returns a socket to the service manager, or None where there is none; "@" begins an abstract address."""
    if not address:
        return None
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        connection.connect(f"\0{address[1:]}" if address.startswith("@") else address)
    except OSError:
        connection.close()
        return None
    connection.setblocking(False)
    return connection


def _watchdog_seconds() -> float | None:
    """Half of the service's WatchdogSec=, as sd_watchdog_enabled(3) advises."""
    try:
        if int(os.environ.get("WATCHDOG_PID", os.getpid())) != os.getpid():
            return None
        micro_seconds = int(os.environ["WATCHDOG_USEC"])
    except (KeyError, ValueError):
        return None
    return micro_seconds / 2e6 if micro_seconds > 0 else None
