"""The process connector (netlink, CN_PROC): a socket that reports every fork and exec, and the parsing of it.

Owns the messages' form. A subscription needs the first network and process namespaces of the machine, and
CAP_NET_ADMIN before kernel 6.6. Used by the helper and by the reader.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
from collections.abc import Iterator
from typing import NamedTuple

from obsd.writers.syscalls import Datagrams

NETLINK_CONNECTOR = 11
_CN_IDX_PROC = _CN_VAL_PROC = 1
_NLMSG_DONE = 3
_PROC_CN_MCAST_LISTEN = 1
_SO_ATTACH_FILTER, _SO_RCVBUFFORCE, _SO_LOCK_FILTER = 26, 33, 44
_RECEIVE_BYTES = 4 << 20
"""Some 5,000 messages: what a machine forks in a second. Unprivileged it is what net.core.rmem_max allows (250)."""

_NONE, FORK, EXEC = 0, 1, 2
_NETLINK_HEADER_BYTES = 16
_HEADERS_BYTES = _NETLINK_HEADER_BYTES + 20  # struct cn_msg
_MESSAGE_BYTES = 128
_MESSAGES = 256
_EVENT = struct.Struct(f"={_HEADERS_BYTES}xI4xQIIII{_MESSAGE_BYTES - _HEADERS_BYTES - 32}x")


class ProcessEvent(NamedTuple):
    """What happened to a process: FORK (`parent` made `pid`) or EXEC (`parent` is 0). `at_ns`: CLOCK_MONOTONIC."""

    what: int
    at_ns: int
    parent: int
    pid: int


class EventsLost(Exception):
    """The socket's buffer overflowed: the kernel dropped messages."""


def subscribe() -> socket.socket:
    """A connector socket that reports forks and execs of processes.

    Raises OSError: EPROTONOSUPPORT in another network namespace, EPERM without the right or in another process
    namespace, where the kernel does not even answer.
    """
    made = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, NETLINK_CONNECTOR)
    try:
        made.bind((0, _CN_IDX_PROC))
        _enlarge(made)
        number = int.from_bytes(os.urandom(4), "little")
        body = struct.pack("=IIIIHHI", _CN_IDX_PROC, _CN_VAL_PROC, 0, number, 4, 0, _PROC_CN_MCAST_LISTEN)
        made.send(struct.pack("=IHHII", 16 + len(body), _NLMSG_DONE, 0, 0, 0) + body)
        _await_answer(made, number)
        _attach_filter(made)
    except OSError:
        made.close()
        raise
    return made


def is_connector(candidate: socket.socket) -> bool:
    """Whether a socket is one of the process connector's family: a helper's word is not taken for it."""
    return candidate.family == socket.AF_NETLINK and candidate.proto == NETLINK_CONNECTOR


class Connector:
    """Reads a subscribed socket in bulk. `more`: whether the last read may have left something."""

    def __init__(self, subscribed: socket.socket) -> None:
        self._socket = subscribed
        self._datagrams = Datagrams(_MESSAGES, _MESSAGE_BYTES)
        self.more = False

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def read(self) -> list[ProcessEvent]:
        """What has come, at most 256 events; empty when nothing has. Raises EventsLost."""
        self.more = False
        try:
            messages = self._datagrams.receive(self._socket.fileno())
            self.more = len(messages) == _MESSAGES * _MESSAGE_BYTES
            return list(parse(messages))
        except OSError as error:
            if error.errno == errno.ENOBUFS:
                raise EventsLost from error
            if error.errno in (errno.EAGAIN, errno.EINTR):
                return []
            raise


def parse(messages: memoryview | bytes) -> Iterator[ProcessEvent]:
    """The events in messages of 128 bytes each; what is no fork or exec of a whole process is passed over."""
    for what, at_ns, _, second, third, fourth in _EVENT.iter_unpack(messages):
        if what == FORK and third == fourth:
            yield ProcessEvent(FORK, at_ns, second, fourth)
        elif what == EXEC:
            yield ProcessEvent(EXEC, at_ns, 0, second)


def _await_answer(made: socket.socket, number: int) -> None:
    """The kernel answers within the request's own system call, to all who listen: with the request's number plus one.

    Without an answer there may still be events, of processes of another namespace with numbers of theirs.
    """
    for _ in range(_MESSAGES):
        try:
            message = made.recv(_MESSAGE_BYTES)
        except BlockingIOError:
            break
        (answered,) = struct.unpack_from("=12xI", message, _NETLINK_HEADER_BYTES)
        what, result = struct.unpack_from("=I12xI", message, _HEADERS_BYTES)
        if what == _NONE and answered == (number + 1) & 0xFFFFFFFF:
            if result:
                raise OSError(result, os.strerror(result), "the process connector")
            return
    raise OSError(errno.EPERM, "it does not answer here", "the process connector")


def _enlarge(made: socket.socket) -> None:
    try:
        made.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BYTES)
    except PermissionError:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)


def _attach_filter(made: socket.socket) -> None:
    """Forks of processes (not threads) and execs; nothing else wakes the reader, nor can it ask for more.

    A classic filter, because the connector's own (6.6 and later) cannot tell a thread from a process.
    """
    what, child, child_group = _HEADERS_BYTES, _HEADERS_BYTES + 24, _HEADERS_BYTES + 28
    load, to_x, equal, equal_x, answer = 0x20, 0x07, 0x15, 0x1D, 0x06
    program = (
        (load, 0, 0, what),
        (equal, 0, 4, socket.htonl(FORK)),
        (load, 0, 0, child),
        (to_x, 0, 0, 0),
        (load, 0, 0, child_group),
        (equal_x, 1, 2, 0),
        (equal, 0, 1, socket.htonl(EXEC)),
        (answer, 0, 0, 0xFFFFFFFF),
        (answer, 0, 0, 0),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in program))
    made.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", len(program), ctypes.addressof(code)))
    made.setsockopt(socket.SOL_SOCKET, _SO_LOCK_FILTER, 1)
