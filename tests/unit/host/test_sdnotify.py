"""What the service manager is told, over a real socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from obsd.host.sdnotify import Notifier


@pytest.fixture
def manager(short_tmp: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(short_tmp / "notify"))
        listening.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(short_tmp / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "3000000")
        monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
        yield listening


@pytest.fixture
def notify() -> Iterator[Callable[[], Notifier]]:
    """Makes notifiers that let go of their sockets at the end."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(Notifier()))


def test_messages_arrive_and_no_child_can_send_any(manager: socket.socket, notify: Callable[[], Notifier]) -> None:
    notifier = notify()
    assert not {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} & os.environ.keys()
    assert notifier.watchdog_seconds == 1.5
    notifier.status("é\nREADY=1")
    notifier.status("é\nREADY=1")
    notifier.ready()
    notifier.reloading()
    assert manager.recv(1000).decode() == "STATUS=é\\nREADY=1"
    assert manager.recv(1000) == b"READY=1"
    assert manager.recv(1000).startswith(b"RELOADING=1\nMONOTONIC_USEC=")


def test_a_watchdog_of_another_process_is_not_fed(
    manager: socket.socket, notify: Callable[[], Notifier], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_PID", "1")
    assert notify().watchdog_seconds is None


def test_without_a_service_manager_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.delenv(name, raising=False)
    notifier = Notifier()
    assert notifier.watchdog_seconds is None
    notifier.ready()


def test_an_abstract_address_and_one_that_is_gone(
    monkeypatch: pytest.MonkeyPatch, notify: Callable[[], Notifier], short_tmp: Path
) -> None:
    name = f"obsd-test-{os.getpid()}-{short_tmp.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0{name}")
        listening.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        notifier = notify()
        notifier.ready()
        assert listening.recv(100) == b"READY=1"
    notifier.stopping()
    monkeypatch.setenv("NOTIFY_SOCKET", str(short_tmp / "never there"))
    notify().ready()
    assert "NOTIFY_SOCKET" not in os.environ
