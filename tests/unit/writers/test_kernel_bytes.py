"""The kernel's own bytes, as a kernel 6.18 wrote them, and what is read in them."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsd.writers import connector, file_events, syscalls
from obsd.writers.connector import EXEC, FORK, ProcessEvent
from obsd.writers.file_events import GONE

HANDLE = "0c0000000100000051f8ef4a9194030000000000"
"""Of one folder on a memory file system: 12 bytes, type 1."""

FILES = bytes.fromhex(
    "44000000030018000a01000000000000ffffffff611a000002002400be80278740e9e69b" + HANDLE + "6120620004000800ffffffff"
    "44000000030018004000000000000000ffffffff621a000002002400be80278740e9e69b" + HANDLE + "6120620004000800ffffffff"
    "44000000030018008000000000000000ffffffff621a000002002400be80278740e9e69b" + HANDLE + "6300000004000800ffffffff"
    "44000000030018000001004000000000ffffffff641a000002002400be80278740e9e69b" + HANDLE + "6e0000000400080007000000"
)
"""`printf x > "a b"`, `mv "a b" c`, `mkdir n`: the first three processes are gone."""

PROCESS_EXEC = bytes.fromhex(
    "4c000000030000005c7e06000000000001000000010000005c7e06000000000028000000020000000000000045498dab0b040000631a0000"
    "631a000000000000000000000000000000000000"
)
PROCESS_FORK = bytes.fromhex(
    "4c000000030000005e7e06000000000001000000010000005e7e060000000000280000000100000000000000b778a4ab0b0400004e1a0000"
    "4e1a0000661a0000661a00000000000000000000"
)


def test_file_events_are_read_with_names_handles_and_processes() -> None:
    events = list(file_events.parse(FILES))
    written = syscalls.FAN_CREATE | syscalls.FAN_MODIFY | syscalls.FAN_CLOSE_WRITE
    assert [(event.mask, event.pid, event.name) for event in events] == [
        (written, 0x1A61, b"a b"),
        (syscalls.FAN_MOVED_FROM, 0x1A62, b"a b"),
        (syscalls.FAN_MOVED_TO, 0x1A62, b"c"),
        (syscalls.FAN_CREATE | syscalls.FAN_ONDIR, 0x1A64, b"n"),
    ]
    assert {event.handle for event in events} == {bytes.fromhex(HANDLE)}
    assert [event.pidfd for event in events] == [GONE, GONE, GONE, 7]


def test_an_overflow_has_neither_a_process_nor_a_name() -> None:
    data = struct.pack("=IBxHQii", 32, 3, 24, syscalls.FAN_Q_OVERFLOW, -1, 0) + struct.pack("=BxHi", 4, 8, -1)
    [event] = file_events.parse(data)
    assert (event.mask, event.pid, event.handle, event.name) == (syscalls.FAN_Q_OVERFLOW, 0, b"", b"")


@given(st.lists(st.binary(min_size=1, max_size=255).filter(lambda name: b"\0" not in name), max_size=20))
def test_any_name_is_read_as_it_is(names: list[bytes]) -> None:
    data = b""
    for number, name in enumerate(names):
        padded = name + b"\0" * (4 - len(name) % 4)
        record = struct.pack("=BxH", 2, 12 + 20 + len(padded)) + b"f" * 8 + bytes.fromhex(HANDLE) + padded
        data += struct.pack("=IBxHQii", 24 + len(record), 3, 24, syscalls.FAN_MODIFY, -1, number) + record
    events = list(file_events.parse(data))
    assert [event.name for event in events] == names
    assert [event.pid for event in events] == list(range(len(names)))


def padded(message: bytes) -> bytes:
    return message.ljust(128, b"\xff")


def test_forks_and_execs_of_processes_are_read() -> None:
    messages = padded(PROCESS_FORK) + padded(PROCESS_EXEC)
    assert list(connector.parse(messages)) == [
        ProcessEvent(FORK, 0x040BABA478B7, 0x1A4E, 0x1A66),
        ProcessEvent(EXEC, 0x040BAB8D4945, 0, 0x1A63),
    ]


@pytest.mark.parametrize("what", [0, 4, 0x10, 0x80, 0x200, 0x40000000, 0x80000000])
def test_what_else_happens_to_processes_is_passed_over(what: int) -> None:
    message = PROCESS_EXEC[:36] + struct.pack("=I", what) + PROCESS_EXEC[40:]
    assert list(connector.parse(padded(message))) == []


def test_a_thread_is_no_process() -> None:
    thread = PROCESS_FORK[:60] + struct.pack("=I", 99) + PROCESS_FORK[64:]
    assert list(connector.parse(padded(thread))) == []
