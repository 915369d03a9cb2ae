"""After the machine slept, every workspace is rescanned: what others wrote in the meantime made no event."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from tests.integration.daemon import sleeping_obsd
from tests.support import Daemon, Repository


class SleepingDaemon(Daemon):
    """A daemon on a machine that sleeps at SIGUSR1."""

    command = (sys.executable, sleeping_obsd.__file__)


def test_a_machine_that_slept_is_rescanned(short_tmp: Path, repository: Repository) -> None:
    daemon = SleepingDaemon(short_tmp / "d")
    daemon.start()
    try:
        daemon.add(repository.path, "w")
        daemon.settle("w")
        assert daemon.scrape().value("obsd_rescans_total", workspace="w", reason="suspend") == 0
        os.kill(daemon.pid, signal.SIGUSR1)
        daemon.wait_for("obsd_rescans_total", 1, workspace="w", reason="suspend")
    finally:
        daemon.stop()
