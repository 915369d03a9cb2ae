"""Fixtures for every test: short temporary folders, git repositories, a real daemon."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.support import Daemon, Repository, clean_environment, remove_tree

pytest_plugins = ["tests.missing_tools"]

# A run of `make test` tries the same examples every time; OBSD_RANDOM=1 looks for new ones. No test asserts on time.
settings.register_profile("obsd", deadline=None, derandomize=not os.environ.get("OBSD_RANDOM"), print_blob=True)
settings.load_profile("obsd")

# A shell's background job ignores SIGINT, and so would all that the tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(hookwrapper=True)
def pytest_report_to_serializable() -> Iterator[None]:
    """Has reports be text that a worker can send: file names of any bytes come as surrogates."""
    outcome: Any = yield
    outcome.force_result(_sendable(outcome.get_result()))


def _sendable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {name: _sendable(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_sendable, value))
    return value


@pytest.fixture
def short_tmp() -> Iterator[Path]:
    """A folder whose path is short: that of a socket ends at 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="ob", dir="/tmp")).resolve()
    yield folder
    remove_tree(folder)


@pytest.fixture
def make_repository(short_tmp: Path) -> Callable[[str], Repository]:
    """Makes an empty git repository of that name."""
    environment = clean_environment(short_tmp)
    return lambda name: Repository(short_tmp / name, environment)


@pytest.fixture
def repository(make_repository: Callable[[str], Repository]) -> Repository:
    """A repository with one commit."""
    made = make_repository("repo")
    made.write("README.md", "hello\n")
    made.commit("docs: say hello to the world")
    return made


@pytest.fixture
def make_daemon(short_tmp: Path) -> Iterator[Callable[[str], Daemon]]:
    """Makes daemons that are not started yet, by a name for their folders; they are ended with the test."""
    made: list[Daemon] = []

    def make(name: str = "d") -> Daemon:
        made.append(Daemon(short_tmp / name))
        return made[-1]

    yield make
    for daemon in made:
        if daemon.process is not None and daemon.process.poll() is None:
            daemon.stop()


@pytest.fixture
def obsd_daemon(make_daemon: Callable[[str], Daemon]) -> Daemon:
    """A running daemon without workspaces, its metrics on a free port."""
    return make_daemon("d").start()
