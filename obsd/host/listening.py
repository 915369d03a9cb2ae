"""TCP sockets that listen, by the address that the configuration has.

Owns what an empty host and `localhost` mean. Looks names up: in a worker thread.
"""

from __future__ import annotations

import socket
from typing import Final

_BACKLOG: Final = 128


def listening_sockets(host: str, port: int) -> list[socket.socket]:
    """Sockets that do not block, on `host` ("": all addresses) and `port` (0: a free one). Raises OSError."""
    if not host:
        both = socket.has_dualstack_ipv6()
        family = socket.AF_INET6 if both else socket.AF_INET
        found = [socket.create_server(("", port), family=family, dualstack_ipv6=both, backlog=_BACKLOG)]
    elif host.lower() == "localhost":
        found = [socket.create_server(("127.0.0.1", port), backlog=_BACKLOG)]
        found += _also_ipv6(port)
    else:
        # One address, even where a name has several: with port 0 each would get a port of its own.
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        found = [socket.create_server(address[:2], family=family, backlog=_BACKLOG)]
    for one in found:
        one.setblocking(False)
    return found


def _also_ipv6(port: int) -> list[socket.socket]:
    """`localhost` is also ::1 to many clients, where there is IPv6."""
    try:
        return [socket.create_server(("::1", port), family=socket.AF_INET6, backlog=_BACKLOG)] if port else []
    except OSError:
        return []
