"""Who is at the other end of a loopback connection: the user that owns it, and the process behind it.

Owns the look at /proc. A connection of another user is refused; a process that cannot be found is no reason to. Of one
that was closed at once nobody knows the user: it is taken while nobody else is there who could have made it. What
was found of a socket is kept, because looking for a process takes milliseconds: that runs in a worker thread. On the
event loop.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from typing import Final

from obsd.host.connections import Address, address_of, owner
from obsd.telemetry.otlp import Refused

_MAX_KNOWN: Final = 256
_LONG_SECONDS: Final = 0.003
_PEOPLE: Final = range(1_000, 60_001)
"""UID_MIN to UID_MAX of login.defs(5)."""
_ADDRESS: Final = re.compile(r"ipv[46]:\[?([0-9a-fA-F:.]+)\]?:([0-9]+)")


@dataclass(frozen=True, slots=True)
class Peer:
    """A process of this user; `pid` is 0 and `folder` empty where it is not known.

    `elsewhere`: it has shown a certificate, and is in a container or on another machine; pids that it names are none
    of this one.
    """

    pid: int = 0
    folder: str = ""
    elsewhere: bool = False


class Peers:
    """Looks peers up. `uid` is whose connections are taken."""

    def __init__(self, uid: int | None = None) -> None:
        self._uid = os.getuid() if uid is None else uid
        self._known: OrderedDict[int, Peer] = OrderedDict()
        self._many = False

    async def look_up(self, peer: Address, here: Address) -> Peer:
        """The peer of a connection from `peer` to `here` (IP addresses and ports). Raises Refused."""
        begun = time.perf_counter()
        find = partial(owner, peer, here)
        # A hop to another thread takes longer than the look, but where there are thousands of connections.
        found = await asyncio.to_thread(find) if self._many else find()
        self._many = time.perf_counter() - begun > _LONG_SECONDS
        if found is None:
            raise Refused(403, "the other end of the connection is not on this machine, or cannot be looked up")
        uid, inode = found
        if not inode and not uid:
            # It hung up, and the kernel no longer knows whose it was.
            if await asyncio.to_thread(_others_are_here, self._uid):
                raise Refused(
                    403, "a connection that is closed at once is not accepted while other users are logged in"
                )
            return Peer()
        if uid != self._uid:
            raise Refused(403, "only processes of the user that runs obsd are accepted")
        if not inode:
            return Peer()
        known = self._known.get(inode)
        if known is None:
            known = await asyncio.to_thread(_process, inode)
            self._known[inode] = known
            if len(self._known) > _MAX_KNOWN:
                self._known.popitem(last=False)
        return known


def parse(name: str) -> Address:
    """The address in gRPC's name of a peer, `ipv4:127.0.0.1:1234`. Raises Refused."""
    found = _ADDRESS.fullmatch(name.replace("%5B", "[").replace("%5D", "]"))
    if found is None:
        raise Refused(403, "the other end of the connection is no address of this machine")
    return found[1], int(found[2])


def folder_of(pid: int) -> str:
    """The working folder of a process of this user; empty where it is not known."""
    try:
        if os.stat(f"/proc/{pid}").st_uid != os.getuid():
            return ""
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return ""


def _others_are_here(uid: int) -> bool:
    """Whether a person other than `uid` has a process now. Root may do anything; services are not people."""
    with os.scandir("/proc") as entries:
        for entry in entries:
            try:
                owner = entry.stat().st_uid if entry.name.isdigit() else uid
            except OSError:
                continue  # it ended
            if owner != uid and owner in _PEOPLE:
                return True
    return False


def _process(inode: int) -> Peer:
    """The process of this user that holds a socket; the first of several."""
    wanted = f"socket:[{inode}]"
    for pid in _own_processes():
        try:
            with os.scandir(f"/proc/{pid}/fd") as entries:
                held = any(_target(entry.path) == wanted for entry in entries)
        except OSError:
            continue
        if held:
            return Peer(pid, folder_of(pid))
    return Peer()


def _own_processes() -> list[int]:
    """Pids of this user, the latest first: what just connected was started lately."""
    found = []
    with os.scandir("/proc") as entries:
        for entry in entries:
            try:
                if entry.name.isdigit() and entry.stat().st_uid == os.getuid():
                    found.append(int(entry.name))
            except OSError:
                continue
    return sorted(found, reverse=True)


def _target(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def name_of(address: object) -> Address:
    """The address of a socket as `getpeername` gives it. Raises Refused for what is no TCP."""
    found = address_of(address)
    if found is None:
        raise Refused(403, "the other end of the connection is no address of this machine")
    return found
