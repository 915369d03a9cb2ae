"""The privileged side: looks at who asks, makes descriptors, hands them over, and forgets them.

Owns the connections and the number of groups each user was given while it runs. It never reads an event, opens no
file but its policy, and keeps nothing. One thread; a connection that says nothing is closed after two seconds.
"""

from __future__ import annotations

import array
import errno
import os
import selectors
import socket
import struct
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from obsd.writers import connector, policy, syscalls
from obsd.writers.handover import MAX_BYTES, Answer, BadMessage, Request, decode_request, encode_answer

GROUPS_A_USER = 32
"""Of the 128 that the kernel lets root have in all (fs.fanotify.max_user_groups)."""

_CONNECTIONS = 32
_PATIENCE_SECONDS = 2.0
_SO_PEERGROUPS = 59
_CREDENTIALS = struct.Struct("3i")
_JOIN_HINT = "sudo usermod -aG {group} {user}"


class Refused(Exception):
    """Nothing is handed over: `args` are reason, message and hint of the answer."""


class Server:
    """Serves a listening socket. `idle_seconds`: how long it waits for a first or next connection (0: for ever)."""

    def __init__(self, listener: socket.socket, policy_path: Path, idle_seconds: float = 0) -> None:
        self._listener = listener
        self._policy_path = policy_path
        self._idle_seconds = idle_seconds
        self._selector = selectors.DefaultSelector()
        self._deadlines: dict[socket.socket, float] = {}
        self._given: Counter[int] = Counter()

    def serve(self) -> None:
        """Returns after so long without a connection."""
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        last = time.monotonic()
        while True:
            for key, _ in self._selector.select(self._timeout(last)):
                last = time.monotonic()
                if key.fileobj is self._listener:
                    self._accept()
                elif isinstance(key.fileobj, socket.socket):
                    self._converse(key.fileobj)
            self._close_silent(time.monotonic())
            if self._idle_seconds and not self._deadlines and time.monotonic() >= last + self._idle_seconds:
                return

    def _timeout(self, last: float) -> float | None:
        ends = [*self._deadlines.values()]
        if self._idle_seconds:
            ends.append(last + self._idle_seconds)
        return max(0.0, min(ends) - time.monotonic()) if ends else None

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        if len(self._deadlines) >= _CONNECTIONS:
            connection.close()
            return
        connection.setblocking(False)
        self._deadlines[connection] = time.monotonic() + _PATIENCE_SECONDS
        self._selector.register(connection, selectors.EVENT_READ)

    def _close_silent(self, now: float) -> None:
        for connection in [late for late, deadline in self._deadlines.items() if now >= deadline]:
            self._close(connection)

    def _close(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        del self._deadlines[connection]
        connection.close()

    def _converse(self, connection: socket.socket) -> None:
        with ExitStack() as stack:
            stack.callback(self._close, connection)
            try:
                data = connection.recv(MAX_BYTES)
                if data:
                    self._answer(connection, data, stack)
            except OSError:
                return  # it went away

    def _answer(self, connection: socket.socket, data: bytes, stack: ExitStack) -> None:
        pid, uid, _ = _CREDENTIALS.unpack(
            connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        )
        descriptors: list[int] = []
        try:
            request = decode_request(data)
            self._check(connection, pid, uid, len(request.devices))
            answer = _make(request, descriptors, stack)
            self._given[uid] += len(request.devices)
            _log(f"user {uid}, process {pid}: groups: {len(answer.devices)}, connector: {answer.connector}")
        except BadMessage as error:
            answer = Answer(reason="bad_request", message=f"not understood: {error}", hint="use one version of both")
        except Refused as error:
            reason, message, hint = error.args
            answer = Answer(reason=reason, message=message, hint=hint)
            _log(f"user {uid}, process {pid}: refused: {message}")
            descriptors.clear()
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        connection.sendmsg([encode_answer(answer)], ancillary)

    def _check(self, connection: socket.socket, pid: int, uid: int, groups: int) -> None:
        try:
            in_force = policy.read(self._policy_path)
        except policy.BadPolicy as error:
            _log(f"the policy is not used: {error}")
            if uid != 0:
                raise Refused("bad_policy", f"the policy is not used: {error}", f"root corrects it: {error}") from error
            in_force = policy.Policy()
        if not in_force.allows(uid, _groups_of(connection)):
            group = in_force.groups[0] if in_force.groups else "GROUP"
            names = ", ".join((*in_force.groups, *in_force.users)) or "nobody"
            hint = _JOIN_HINT.format(group=group, user=policy.user_name(uid))
            raise Refused("not_allowed", f"the policy of the helper allows {names} alone", hint)
        if not _shares_our_namespace(pid):
            raise Refused(
                "other_namespace",
                "the process that asks is in another process namespace (a container)",
                "run obsd outside of the container, or install obsd-writers in it",
            )
        if self._given[uid] + groups > GROUPS_A_USER:
            text = f"user {uid} was handed {self._given[uid]} groups already"
            raise Refused("limit", text, "it is forgotten when the helper ends, a minute after the last request")


def _make(request: Request, descriptors: list[int], stack: ExitStack) -> Answer:
    """Makes what is asked for; all of it is closed here with `stack`, when it is on its way."""
    for _ in request.devices:
        try:
            group = syscalls.fanotify_group()
        except OSError as error:
            raise Refused(*_why_no_group(error)) from error
        stack.callback(os.close, group)
        descriptors.append(group)
    if not request.connector:
        return Answer(request.devices)
    try:
        subscribed = stack.enter_context(connector.subscribe())
    except OSError as error:
        return Answer(request.devices, without_connector=_why_no_connector(error))
    descriptors.append(subscribed.fileno())
    return Answer(request.devices, connector=True)


def _why_no_group(error: OSError) -> tuple[str, str, str]:
    if error.errno == errno.EPERM:
        text = "the kernel gives the helper no fanotify group: it lacks CAP_SYS_ADMIN here (a container?)"
        return "not_permitted", text, "run obsd-writers on the machine itself, as root"
    if error.errno in (errno.EINVAL, errno.ENOSYS):
        return "kernel", f"this kernel ({os.uname().release}) names no writers", "it takes Linux 5.15 or later"
    if error.errno == errno.EMFILE:
        text = "root has no fanotify group left"
        return "limit", text, "raise fs.fanotify.max_user_groups with sysctl, or restart what holds many"
    return "kernel", f"the kernel gives no fanotify group: {error.strerror}", ""


def _why_no_connector(error: OSError) -> str:
    if error.errno in (errno.EPROTONOSUPPORT, errno.ECONNREFUSED, errno.EPERM):
        return "the kernel reports processes in the first network and process namespace alone, with CAP_NET_ADMIN"
    return f"the kernel gives no process connector: {error.strerror}"


def _groups_of(connection: socket.socket) -> tuple[int, ...]:
    try:
        data = connection.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, 1024)
    except OSError:
        return ()  # more than 256: then the database decides
    return struct.unpack(f"={len(data) // 4}I", data)


def _shares_our_namespace(pid: int) -> bool:
    """By the descriptor's own file, for which no right to look at the process is needed (proc(5), fdinfo)."""
    try:
        descriptor = os.pidfd_open(pid)
    except (OSError, ValueError):
        return False
    try:
        text = Path(f"/proc/self/fdinfo/{descriptor}").read_text(encoding="ascii")
    except OSError:
        return False
    finally:
        os.close(descriptor)
    numbers = next((line.split()[1:] for line in text.splitlines() if line.startswith("NSpid:")), [str(pid)])
    return len(numbers) == 1 and numbers != ["0"]


def _log(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 the journal takes it
