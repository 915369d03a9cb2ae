"""System calls that Python lacks: fanotify, file handles, and many datagrams in one call. By ctypes, any thread.

Raises OSError like `os`. Loads nothing but the C library, so that the privileged helper can use it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

FAN_MODIFY = 0x2
FAN_CLOSE_WRITE = 0x8
FAN_MOVED_FROM = 0x40
FAN_MOVED_TO = 0x80
FAN_CREATE = 0x100
FAN_DELETE = 0x200
FAN_Q_OVERFLOW = 0x4000
FAN_EVENT_ON_CHILD = 0x0800_0000
FAN_ONDIR = 0x4000_0000

_FAN_CLOEXEC, _FAN_NONBLOCK, _FAN_CLASS_NOTIF = 0x1, 0x2, 0x0
_FAN_REPORT_PIDFD, _FAN_REPORT_DFID_NAME = 0x80, 0xC00
GROUP_FLAGS = _FAN_CLASS_NOTIF | _FAN_REPORT_DFID_NAME | _FAN_REPORT_PIDFD | _FAN_CLOEXEC | _FAN_NONBLOCK

_FAN_MARK_ADD, _FAN_MARK_REMOVE, _FAN_MARK_DONT_FOLLOW, _FAN_MARK_ONLYDIR = 0x1, 0x2, 0x4, 0x8
_AT_FDCWD = -100
_AT_HANDLE_FID = 0x200
_MAX_HANDLE_BYTES = 128
_MSG_DONTWAIT = 0x40
_LENGTH = struct.Struct("=I")

DIRECTORY_MASK = (
    FAN_MODIFY
    | FAN_CLOSE_WRITE
    | FAN_CREATE
    | FAN_DELETE
    | FAN_MOVED_FROM
    | FAN_MOVED_TO
    | FAN_EVENT_ON_CHILD
    | FAN_ONDIR
)
"""MODIFY, because a child that inherits a descriptor writes and its parent closes; CLOSE_WRITE, because what is written
through a mapping (mmap) sends nothing else."""

_libc = ctypes.CDLL(None, use_errno=True)
_fanotify_init = _libc.fanotify_init
_fanotify_init.argtypes = [ctypes.c_uint, ctypes.c_uint]
_fanotify_mark = _libc.fanotify_mark
_fanotify_mark.argtypes = [ctypes.c_int, ctypes.c_uint, ctypes.c_uint64, ctypes.c_int, ctypes.c_char_p]
_name_to_handle_at = _libc.name_to_handle_at
_name_to_handle_at.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
_recvmmsg = _libc.recvmmsg
_recvmmsg.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p]


def fanotify_group() -> int:
    """A new group of the class that only receives events (fanotify_init(2)). EPERM without CAP_SYS_ADMIN, EINVAL before
    kernel 5.15, EMFILE when the user has no group left."""
    group: int = _fanotify_init(GROUP_FLAGS, os.O_RDONLY | os.O_CLOEXEC)
    if group < 0:
        raise _error("fanotify_init")
    return group


def mark(group: int, directory: bytes) -> None:
    """Has a group report a directory and the files in it. ENOSPC: no mark left; EXDEV, EOPNOTSUPP: not here."""
    flags = _FAN_MARK_ADD | _FAN_MARK_DONT_FOLLOW | _FAN_MARK_ONLYDIR
    if _fanotify_mark(group, flags, DIRECTORY_MASK, _AT_FDCWD, directory) < 0:
        raise _error("fanotify_mark")


def unmark(group: int, directory: bytes) -> None:
    """Ends a mark. ENOENT when there is none, or the directory is gone."""
    flags = _FAN_MARK_REMOVE | _FAN_MARK_DONT_FOLLOW | _FAN_MARK_ONLYDIR
    if _fanotify_mark(group, flags, DIRECTORY_MASK, _AT_FDCWD, directory) < 0:
        raise _error("fanotify_mark")


class Handles:
    """The handles of directories, in the form in which events have them. Not to be shared between threads."""

    def __init__(self) -> None:
        self._buffer = ctypes.create_string_buffer(_LENGTH.size + 4 + _MAX_HANDLE_BYTES)
        self._bytes = memoryview(self._buffer).cast("B")
        self._mount = ctypes.c_int()
        self._at = ctypes.addressof(self._buffer), ctypes.addressof(self._mount)

    def of(self, directory: bytes) -> tuple[bytes, int]:
        """The struct file_handle (length, type, handle) of a directory, and the id of the mount it was found by."""
        failed = self._ask(directory, 0) < 0
        if failed and ctypes.get_errno() == errno.EOPNOTSUPP:
            # What cannot be opened by handle (overlayfs, since 6.5) has one that is good for comparing.
            failed = self._ask(directory, _AT_HANDLE_FID) < 0
        if failed:
            raise _error("name_to_handle_at")
        return bytes(self._bytes[: 8 + self._bytes[0]]), self._mount.value

    def _ask(self, directory: bytes, flags: int) -> int:
        _LENGTH.pack_into(self._bytes, 0, _MAX_HANDLE_BYTES)
        result: int = _name_to_handle_at(_AT_FDCWD, directory, *self._at, flags)
        return result


class _IoVector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _MessageHeader(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.c_void_p),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Message(ctypes.Structure):
    _fields_ = (("header", _MessageHeader), ("length", ctypes.c_uint))


class Datagrams:
    """Receives up to `count` datagrams of at most `size` bytes in one call (recvmmsg(2)). For one thread."""

    def __init__(self, count: int, size: int) -> None:
        self._count, self._size = count, size
        self._buffer = ctypes.create_string_buffer(count * size)
        self._bytes = memoryview(self._buffer).cast("B")
        self._vectors = (_IoVector * count)()
        self._messages = (_Message * count)()
        base = ctypes.addressof(self._buffer)
        for number in range(count):
            self._vectors[number] = _IoVector(base + number * size, size)
            vector = ctypes.addressof(self._vectors) + number * ctypes.sizeof(_IoVector)
            self._messages[number].header = _MessageHeader(None, 0, vector, 1, None, 0, 0)
        self._at = ctypes.addressof(self._messages)

    def receive(self, descriptor: int) -> memoryview:
        """What has come, each datagram padded to the full size with what was there before; BlockingIOError for
        nothing, ENOBUFS when the kernel dropped some. Valid until the next call."""
        received: int = _recvmmsg(descriptor, self._at, self._count, _MSG_DONTWAIT, None)
        if received < 0:
            raise _error("recvmmsg")
        return self._bytes[: received * self._size]


def _error(call: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number), call)
