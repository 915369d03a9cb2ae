"""The client's own gRPC: real servers of the grpc package on the other side, and programs that speak something else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, RequestReceived, StreamEnded
from h2.exceptions import ProtocolError

from obsd.client import failures
from obsd.client.connection import CallFailed, Connection
from obsd.errors import DaemonUnreachable, LimitReached, NotPermitted, ObsdError, TimedOut
from tests.support import wait_until

ECHO = "a.B/Echo"
SECONDS = 30.0
LARGE = bytes(range(256)) * (3 << 12)


class Echo(grpc.GenericRpcHandler):  # type: ignore[type-arg]
    """Answers a message with itself, one that is a number with as many, and fails where it is asked to."""

    def service(self, details: Any) -> Any:
        """The handler of every method but unknown ones."""
        if details.method == f"/{ECHO}":
            return grpc.unary_unary_rpc_method_handler(lambda message, _: message)
        if details.method == "/a.B/Count":
            return grpc.unary_stream_rpc_method_handler(self._count)
        if details.method == "/a.B/Fail":
            return grpc.unary_unary_rpc_method_handler(self._fail)
        if details.method == "/a.B/Sleep":
            return grpc.unary_unary_rpc_method_handler(self._sleep)
        return None

    @staticmethod
    def _count(message: bytes, context: Any) -> Iterator[bytes]:
        for number in range(int(message)):
            yield str(number).encode()

    @staticmethod
    def _fail(message: bytes, context: Any) -> bytes:
        context.set_trailing_metadata((("obsd-reason", "ä".encode().hex()),))
        context.abort(grpc.StatusCode[message.decode()], "says why: ä\n")
        raise AssertionError

    @staticmethod
    def _sleep(message: bytes, context: Any) -> bytes:
        end = time.monotonic() + SECONDS
        while context.is_active() and time.monotonic() < end:
            time.sleep(0.01)
        return b"late"


@contextmanager
def server(place: Path) -> Iterator[grpc.Server]:
    """A server of the grpc package at a unix socket."""
    made = grpc.server(ThreadPoolExecutor(4), handlers=[Echo()], options=[("grpc.max_receive_message_length", 4 << 20)])
    made.add_insecure_port(f"unix:{place}")
    made.start()
    try:
        yield made
    finally:
        made.stop(0).wait()


@pytest.fixture
def place(short_tmp: Path) -> Path:
    return short_tmp / "x.sock"


@pytest.fixture
def connection(place: Path) -> Iterator[Connection]:
    made = Connection(place)
    yield made
    made.close()


def ask(connection: Connection, method: str, message: bytes, seconds: float = SECONDS) -> list[bytes]:
    """All messages of an answer."""
    connection.begin(method, message, seconds)
    return list(connection.messages(seconds))


@pytest.mark.parametrize("message", [b"", b"x", LARGE, b"y" * 65_530, b"z" * 65_536], ids=len)
def test_messages_of_any_size_go_both_ways_many_times(place: Path, connection: Connection, message: bytes) -> None:
    with server(place):
        for _ in range(5):
            assert ask(connection, ECHO, message) == [message]


def test_a_stream_has_all_messages_and_the_next_call_its_own(place: Path, connection: Connection) -> None:
    with server(place):
        assert ask(connection, "a.B/Count", b"5000") == [str(number).encode() for number in range(5000)]
        assert ask(connection, ECHO, b"after") == [b"after"]
        connection.begin("a.B/Count", b"100000", SECONDS)
        assert next(connection.messages(SECONDS)) == b"0"
        assert ask(connection, ECHO, b"given up") == [b"given up"]


@pytest.mark.parametrize("status", [one for one in grpc.StatusCode if one is not grpc.StatusCode.OK])
def test_every_status_arrives_with_its_message(place: Path, connection: Connection, status: grpc.StatusCode) -> None:
    with server(place):
        with pytest.raises(CallFailed) as caught:
            ask(connection, "a.B/Fail", status.name.encode())
        assert (caught.value.status, caught.value.message) == (status.name, "says why: ä\n")
        assert ("obsd-reason", "c3a4") in caught.value.metadata
        assert ask(connection, ECHO, b"after") == [b"after"]


def test_an_unknown_method_and_a_message_that_is_too_large(place: Path, connection: Connection) -> None:
    with server(place):
        with pytest.raises(CallFailed) as unknown:
            ask(connection, "a.B/Unknown", b"")
        assert unknown.value.status == "UNIMPLEMENTED"
        with pytest.raises(CallFailed) as large:
            ask(connection, ECHO, b"x" * (5 << 20))
        assert isinstance(failures.explained(large.value, 1), LimitReached)
        assert ask(connection, ECHO, b"after") == [b"after"]


def test_a_call_ends_at_its_deadline_on_both_sides(place: Path, connection: Connection) -> None:
    with server(place):
        with pytest.raises(CallFailed) as caught:
            ask(connection, "a.B/Sleep", b"", 0.2)
        assert caught.value.status == "DEADLINE_EXCEEDED"
        assert isinstance(failures.explained(caught.value, 0.2), TimedOut)
        assert ask(connection, ECHO, b"after") == [b"after"]


def test_a_server_that_is_started_again_is_found(place: Path, connection: Connection) -> None:
    for _ in range(3):
        with server(place):
            assert ask(connection, ECHO, b"here") == [b"here"]
    with pytest.raises(DaemonUnreachable):
        ask(connection, ECHO, b"nobody")


def test_a_call_that_runs_when_the_server_stops_gets_its_answer(place: Path, connection: Connection) -> None:
    with server(place) as made:
        connection.begin("a.B/Count", b"50000", SECONDS)
        messages = connection.messages(SECONDS)
        assert next(messages) == b"0"
        stopped = made.stop(SECONDS)
        assert sum(1 for _ in messages) == 49_999
        assert stopped.wait(SECONDS)


@contextmanager
def speaking(place: Path, answer: Callable[[socket.socket], None]) -> Iterator[None]:
    """A program at a socket that is no daemon; `answer` has each connection."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        listener.listen()

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    try:
                        answer(connection)
                    except (OSError, ProtocolError):
                        pass

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(SECONDS)


def http(connection: socket.socket, answer: Callable[[H2Connection, int], None]) -> None:
    """Reads a call by HTTP/2, and answers it."""
    spoken = H2Connection(H2Configuration(client_side=False, header_encoding=None))
    spoken.initiate_connection()
    connection.sendall(spoken.data_to_send())
    stream = 0
    while data := connection.recv(65_536):
        for event in spoken.receive_data(data):
            if isinstance(event, RequestReceived):
                stream = event.stream_id
            elif isinstance(event, DataReceived):
                spoken.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, StreamEnded):
                answer(spoken, stream)
        connection.sendall(spoken.data_to_send())


def headers(status: str = "200", *more: tuple[str, str]) -> list[tuple[str, str]]:
    return [(":status", status), ("content-type", "application/grpc"), *more]


def _compressed(spoken: H2Connection, stream: int) -> None:
    spoken.send_headers(stream, headers())
    spoken.send_data(stream, b"\x01\x00\x00\x00\x01x")


def _reset(spoken: H2Connection, stream: int) -> None:
    spoken.reset_stream(stream, ErrorCodes.REFUSED_STREAM)


def _no_status(spoken: H2Connection, stream: int) -> None:
    spoken.send_headers(stream, headers("503"), end_stream=True)


def _strange_status(spoken: H2Connection, stream: int) -> None:
    spoken.send_headers(stream, headers("200", ("grpc-status", "99"), ("grpc-message", "%zz\n")), end_stream=True)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (_compressed, "INTERNAL"),
        (_reset, "UNAVAILABLE"),
        (_no_status, "UNKNOWN"),
        (_strange_status, "UNKNOWN"),
    ],
)
def test_an_odd_answer_is_an_error_with_words(
    place: Path, connection: Connection, answer: Callable[[H2Connection, int], None], status: str
) -> None:
    with speaking(place, lambda one: http(one, answer)):
        with pytest.raises(CallFailed) as caught:
            ask(connection, ECHO, b"x")
        assert caught.value.status == status
        assert isinstance(failures.explained(caught.value, 1), ObsdError)
        connection.close()


@pytest.mark.parametrize(
    "said",
    [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0" * 100, b"\xff" * 9, bytes(range(256))],
    ids=["nothing", "HTTP/1", "zeros", "ones", "all"],
)
def test_what_speaks_something_else_is_no_daemon(place: Path, connection: Connection, said: bytes) -> None:
    with speaking(place, lambda one: one.sendall(said)), pytest.raises(CallFailed) as caught:
        ask(connection, ECHO, b"x", 5)
    assert isinstance(failures.explained(caught.value, 1), DaemonUnreachable | TimedOut)


def test_who_never_answers_or_never_reads_is_given_up_in_time(place: Path, connection: Connection) -> None:
    over = threading.Event()

    def wait(_: socket.socket) -> None:
        over.wait(SECONDS)

    with speaking(place, wait):
        for message in (b"x", LARGE * 3):
            with pytest.raises(CallFailed) as caught:
                ask(connection, ECHO, message, 0.2)
            assert caught.value.status == "DEADLINE_EXCEEDED"
        over.set()


def test_a_connection_that_another_thread_closes_ends_the_call(place: Path, connection: Connection) -> None:
    with server(place):
        connection.begin("a.B/Sleep", b"", SECONDS, endless=True)
        ended: list[str] = []

        def read() -> None:
            try:
                list(connection.messages())
            except CallFailed as error:
                ended.append(error.status)

        reader = threading.Thread(target=read)
        reader.start()
        wait_until(reader.is_alive, "a reader")
        connection.close()
        reader.join(SECONDS)
        assert len(ended) == 1


def test_no_permission_is_no_absence() -> None:
    refused = failures.explained(CallFailed("PERMISSION_DENIED", ""), 1)
    assert isinstance(refused, NotPermitted)
