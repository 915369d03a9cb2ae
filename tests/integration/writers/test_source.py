"""The daemon's side of the reader, with real reader processes: its lives, its states, and who is believed."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from obsd.errors import Unavailable
from obsd.sources.fork_client import ForkClient
from obsd.writers import access
from obsd.writers.access import NoAccess
from obsd.writers.handover import Answer, encode_answer
from obsd.writers.seen import WriterSeen, WritersLost, WritersState
from obsd.writers.source import Hooks, Settings, WritersSource

WAIT_SECONDS = 30.0


@dataclass
class Told:
    """What a source said."""

    states: list[WritersState] = field(default_factory=list)
    seen: list[WriterSeen] = field(default_factory=list)
    lost: list[WritersLost] = field(default_factory=list)

    @property
    def hooks(self) -> Hooks:
        return Hooks(self.seen.extend, self.lost.append, self.states.append)


@dataclass
class Reader:
    pid: int


class Readers:
    """Starts readers as processes of the test's own, in the fork server's place."""

    def __init__(self) -> None:
        self.processes: list[subprocess.Popen[bytes]] = []

    async def start(self, end: socket.socket, module: str, title: str) -> Reader:
        code = f"import socket, sys, {module}; {module}.run(socket.socket(fileno=int(sys.argv[1])))"
        command = [sys.executable, "-c", code, str(end.fileno())]
        self.processes.append(subprocess.Popen(command, pass_fds=[end.fileno()]))  # noqa: ASYNC220 it does not block
        return Reader(self.processes[-1].pid)


async def until(condition: Callable[[], object], what: str) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while not condition():  # noqa: ASYNC110 what is waited for is in another process
            await asyncio.sleep(0.01)
    assert condition(), what


def run(test: Callable[[WritersSource, Told, Readers], Awaitable[None]], helper: Path) -> None:
    """Runs a test with a source that looks for its helper at a path."""

    async def main() -> None:
        told, readers = Told(), Readers()
        source = WritersSource(readers.start, Settings(socket=str(helper)), told.hooks)
        source.start()
        try:
            await until(lambda: readers.processes, "a reader")
            await test(source, told, readers)
        finally:
            await source.stop()
            for process in readers.processes:
                process.wait(WAIT_SECONDS)

    asyncio.run(main())


def test_without_a_helper_it_is_off_and_says_what_brings_it(short_tmp: Path) -> None:
    async def test(source: WritersSource, told: Told, readers: Readers) -> None:
        source.add([str(short_tmp)])
        await until(lambda: source.state.reason, "a state")
        assert (source.state.up, source.state.reason) == (False, "no_helper")
        assert "obsd-writers" in source.state.hint
        await source.settle()
        assert (told.seen, told.lost) == ([], [])

    run(test, short_tmp / "absent")


def test_a_reader_that_ends_is_started_again(short_tmp: Path) -> None:
    async def test(source: WritersSource, told: Told, readers: Readers) -> None:
        source.add([str(short_tmp)])
        await until(lambda: source.state.reason == "no_helper", "a state")
        os.kill(readers.processes[0].pid, signal.SIGKILL)
        await until(lambda: len(readers.processes) == 2, "another reader")
        assert [state.reason for state in told.states] == ["no_helper", "ended"]
        # It was told again what to mark, without being asked to.
        await until(lambda: source.state.reason == "no_helper", "its state")
        assert told.lost == []

    run(test, short_tmp / "absent")


def test_who_waits_for_a_reader_that_ends_is_told(short_tmp: Path) -> None:
    async def test(source: WritersSource, told: Told, readers: Readers) -> None:
        await source.settle()
        os.kill(readers.processes[0].pid, signal.SIGSTOP)
        waiting = asyncio.ensure_future(source.settle())
        await asyncio.sleep(0)
        os.kill(readers.processes[0].pid, signal.SIGKILL)
        with pytest.raises(Unavailable):
            await waiting

    run(test, short_tmp / "absent")


def test_the_fork_server_starts_readers(short_tmp: Path) -> None:
    async def main() -> None:
        forks, told = ForkClient(lambda: None), Told()
        await forks.start()
        source = WritersSource(forks.run, Settings(socket=str(short_tmp / "absent")), told.hooks)
        source.add([str(short_tmp)])
        source.start()
        await until(lambda: source.state.reason == "no_helper", "a state")
        await source.stop()
        await forks.stop()

    asyncio.run(main())


@pytest.fixture
def impostor(short_tmp: Path) -> Iterator[Callable[[bytes], Path]]:
    """Serves one answer, with a descriptor of a pipe beside it, as the test's own user; nothing of it is left open."""
    threads: list[threading.Thread] = []
    before = len(os.listdir("/proc/self/fd"))

    def serve(answer: bytes) -> Path:
        path = short_tmp / "helper.sock"
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(str(path))
        listener.listen()

        def converse() -> None:
            with listener, listener.accept()[0] as connection:
                if connection.recv(4096):
                    reading, writing = os.pipe()
                    socket.send_fds(connection, [answer], [reading])
                    os.close(reading)
                    os.close(writing)

        threads.append(threading.Thread(target=converse, daemon=True))
        threads[-1].start()
        return path

    yield serve
    for thread in threads:
        thread.join(WAIT_SECONDS)
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="what root serves is trusted")
def test_a_helper_that_is_not_roots_is_not_asked(impostor: Callable[[bytes], Path]) -> None:
    with pytest.raises(NoAccess) as refused:
        access.ask([1], path=str(impostor(b"")))
    assert refused.value.reason == "not_trusted"


@pytest.mark.skipif(os.geteuid() != 0, reason="only what root serves is asked")
@pytest.mark.parametrize(
    "answer",
    [
        b"no JSON",
        encode_answer(Answer((1,))),  # a pipe is no group
        encode_answer(Answer((), connector=True)),  # nor a connector
        encode_answer(Answer((1, 2))),  # one descriptor is no two
        encode_answer(Answer(())),  # nor none
    ],
)
def test_what_is_handed_over_is_looked_at(impostor: Callable[[bytes], Path], answer: bytes) -> None:
    with pytest.raises(NoAccess) as refused:
        access.ask([1], path=str(impostor(answer)))
    assert refused.value.reason == "helper_broken"


def test_a_refusal_is_passed_on_in_its_words(short_tmp: Path) -> None:
    assert access.socket_path() == os.environ.get("OBSD_WRITERS_SOCKET", "/run/obsd-writers/socket")
    with pytest.raises(NoAccess) as refused:
        access.ask([1], path=str(short_tmp / "absent"))
    assert refused.value.reason == "no_helper"
    assert str(short_tmp) in refused.value.message
