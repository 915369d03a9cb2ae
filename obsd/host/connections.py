"""Whose the other end of a loopback connection is, by the kernel's tables of TCP sockets.

Owns the look at /proc/net/tcp and tcp6 (proc_pid_net(5)). It blocks: about a millisecond for each thousand connections.
"""

from __future__ import annotations

import ipaddress
import struct
import sys
from collections.abc import Iterator
from typing import Final

_TIME_WAIT: Final = "06"
_TABLES: Final = ("/proc/net/tcp", "/proc/net/tcp6")

Address = tuple[str, int]
"""An IP address and a port."""


def address_of(name: object) -> Address | None:
    """The address of a socket as `getpeername` gives it; None for what is no TCP."""
    if isinstance(name, tuple) and len(name) >= 2:
        return str(name[0]).partition("%")[0], int(name[1])
    return None


def owner(peer: Address, here: Address) -> tuple[int, int] | None:
    """Returns the user and the inode of the socket at `peer` that is connected with `here`; None: there is none.

    User and inode are 0 for a socket that was closed: the kernel no longer knows whose it was
    (get_timewait4_sock in net/ipv4/tcp_ipv4.c).
    """
    peers, heres = _hexadecimal(peer), _hexadecimal(here)
    for table in _TABLES:
        for line in _lines(table):
            # sl local remote state queues timer retransmits uid timeout inode
            fields = line.split(None, 10)
            if len(fields) > 9 and fields[1] in peers and fields[2] in heres and fields[3] != _TIME_WAIT:
                return int(fields[7]), int(fields[9])
    return None


def _hexadecimal(address: Address) -> set[str]:
    """An address as /proc/net/tcp and tcp6 write it: words of four bytes in the machine's order."""
    ip = ipaddress.ip_address(address[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    forms = [ip.packed]
    if isinstance(ip, ipaddress.IPv4Address):
        forms.append(ipaddress.ip_address(f"::ffff:{ip}").packed)
    return {f"{_words(packed)}:{address[1]:04X}" for packed in forms}


def _words(packed: bytes) -> str:
    order = "<" if sys.byteorder == "little" else ">"
    return "".join(f"{word:08X}" for (word,) in struct.iter_unpack(f"{order}I", packed))


def _lines(table: str) -> Iterator[str]:
    try:
        with open(table, encoding="ascii") as stream:
            next(stream, None)
            yield from stream
    except OSError:
        return
