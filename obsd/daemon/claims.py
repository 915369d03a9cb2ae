"""What a daemon takes for itself before anything else: private folders, the locks, and a socket that nobody serves.

Owns the names of the locks. On the event loop, before there is anything to wait for.
"""

from __future__ import annotations

from pathlib import Path

from obsd import api_socket
from obsd.daemon.shutdown import ShutdownStack
from obsd.host import paths
from obsd.host.lockfile import Lock


def claim(socket: Path, stops: ShutdownStack) -> Lock:
    """Takes them, and has `stops` release the locks; returns the one in the runtime folder.

    Raises AlreadyRunning, NotPermitted.
    """
    for folder in (paths.runtime_dir(), paths.state_dir()):
        paths.make_private(folder)
    # Two locks, because two daemons with other sockets could still share a ledger.
    locks = [Lock(paths.runtime_dir() / "obsd.lock"), Lock(paths.ledger_file().with_suffix(".lock"))]
    for lock in locks:
        lock.take()
        stops.push_release("a lock", lock.release)
    api_socket.refuse_live(socket)
    return locks[0]
