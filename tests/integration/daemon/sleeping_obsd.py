"""obsd with a heartbeat each half second, on a machine that seems to have slept for a minute at each SIGUSR1.

Run as a program, in place of `obsd`.
"""

from __future__ import annotations

import signal
import sys

from obsd.__main__ import main
from obsd.sources import child

asleep = 0.0


def sleep(number: int, frame: object) -> None:
    """Another minute asleep."""
    global asleep
    asleep += 60.0


if __name__ == "__main__":
    setattr(child, "_HEARTBEAT_SECONDS", 0.5)  # noqa: B010
    setattr(child, "suspended_seconds", lambda: asleep)  # noqa: B010
    signal.signal(signal.SIGUSR1, sleep)
    sys.exit(main())
