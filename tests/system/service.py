"""obsd as a unit of systemd, on a machine of tests: steered, scraped, and held to a memory limit."""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.samples import Samples
from tests.support import wait_until
from tests.system.machine import User

MEMORY = Path("/sys/fs/cgroup/memory")
"""Of the first version of control groups, where a machine still has it."""


class Service:
    """A systemd unit that is an obsd, seen by the user that steers it."""

    def __init__(self, user: User, unit: str = "obsd.service", system: bool = False, port: int = 8000) -> None:
        self.user = user
        self.unit = unit
        self.port = port
        self._system = system

    def systemctl(self, *arguments: str) -> str:
        """A systemctl command on the unit that must succeed."""
        return self._run(*arguments, self.unit).stdout

    def try_systemctl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A systemctl command on the unit, whatever it returns."""
        return self._run(*arguments, self.unit, check=False)

    def _run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        machine = self.user.machine
        result = (
            machine.try_run("systemctl", *arguments)
            if self._system
            else self.user.try_run("systemctl", "--user", *arguments)
        )
        assert not check or result.returncode == 0, f"{arguments}: {result.stdout}\n{result.stderr}\n{self.journal()}"
        return result

    def show(self, name: str) -> str:
        """A property of the unit."""
        return self._run("show", "--value", f"--property={name}", self.unit).stdout.strip()

    @property
    def pid(self) -> int:
        """The daemon's process id, inside; 0 when it does not run."""
        return int(self.show("MainPID"))

    def forgive(self) -> None:
        """Has systemd forget the starts so far: tests make more of them than the unit allows in five minutes."""
        self.systemctl("reset-failed")

    def set(self, **properties: str) -> None:
        """Overrides settings of the service by a drop-in (empty: takes all overrides back), and restarts it."""
        folder = f"/etc/systemd/{'system' if self._system else 'user'}/{self.unit}.d"
        lines = "".join(f"{name}={value}\n" for name, value in properties.items())
        if lines:
            self.user.machine.write(f"{folder}/test.conf", f"[Service]\n{lines}")
        else:
            self.user.machine.run("rm", "-rf", folder)
        self._run("daemon-reload")
        self.forgive()
        self.systemctl("restart")

    def journal(self, *matches: str) -> str:
        """The last lines of its journal."""
        unit = "_SYSTEMD_UNIT" if self._system else "_SYSTEMD_USER_UNIT"
        wanted = matches or (f"{unit}={self.unit}",)
        return self.user.machine.try_run("journalctl", "--no-pager", "-n", "40", "-o", "cat", *wanted).stdout

    def scrape(self) -> Samples:
        """What a scraper on the machine gets."""
        machine = self.user.machine
        return Samples(machine.run("curl", "-sS", "--fail", f"http://127.0.0.1:{self.port}/metrics"))

    def sum(self, name: str, **labels: str) -> float:
        """The sum of the matching series in a scrape."""
        return self.scrape().sum(name, **labels)

    @contextlib.contextmanager
    def memory_limit(self, size_bytes: int) -> Iterator[None]:
        """Holds the whole service to so much memory: by systemd, or by the machine outside where systemd cannot."""
        group = self.user.machine.run("cat", f"/proc/{self.pid}/cgroup").strip().rpartition("::")[2]
        controllers = self.user.machine.try_run("cat", f"/sys/fs/cgroup{group}/cgroup.controllers").stdout
        if "memory" in controllers.split():
            self._run("set-property", "--runtime", self.unit, f"MemoryMax={size_bytes}", "MemorySwapMax=0")
            yield
            self._run("set-property", "--runtime", self.unit, "MemoryMax=infinity")
            return
        # With the first version of control groups a user's manager cannot have the memory controller.
        place = MEMORY / self.user.machine.name
        place.mkdir()
        try:
            (place / "memory.limit_in_bytes").write_text(str(size_bytes))
            for pid in self.user.machine.outside(self.pid, *self._children()):
                (place / "cgroup.procs").write_text(str(pid))
            yield
        finally:
            for left in (place / "cgroup.procs").read_text().split():
                (MEMORY / "cgroup.procs").write_text(left)
            place.rmdir()

    def _children(self) -> list[int]:
        found = self.user.machine.try_run("pgrep", "-x", "obsd-forkserver")
        return [*(int(pid) for pid in found.stdout.split()), *self.watchers()]

    def wait_for(self, name: str, value: float, **labels: str) -> None:
        """Returns when the sum of the matching series is `value`."""

        def reached() -> bool:
            result = self.user.machine.try_run("curl", "-sS", f"http://127.0.0.1:{self.port}/metrics")
            return result.returncode == 0 and Samples(result.stdout).sum(name, **labels) == value

        try:
            wait_until(reached, f"{name}{labels} = {value:g}", 60)
        except AssertionError as error:
            found = [line for line in self.scrape().text.splitlines() if line.startswith(name)]
            raise AssertionError("\n".join([str(error), *found, self.journal()])) from None

    def watchers(self) -> list[int]:
        """Process ids of its watchers, inside."""
        found = self.user.machine.try_run("pgrep", "-x", "-u", self.show("User") or self.user.name, "obsd-watcher")
        return [int(pid) for pid in re.findall(r"\d+", found.stdout)]
