"""A minimal Debian, booted with its own systemd in a container, and commands in it.

Owns the container from boot to end. Nothing in it has a network; what it writes is in memory and gone with it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.support import Samples, wait_until

BOOT_SECONDS = 60.0
MEMORY = Path("/sys/fs/cgroup/memory")
"""Of the first version of control groups, where a machine still has it."""


class Machine:
    """A running container from a tree; `host` is a folder of ours that it sees, read-only, at /mnt/host."""

    def __init__(self, tree: Path, name: str, host: Path, log: Path) -> None:
        self.name = name
        self.log = log
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SYSTEMD_")}
        if "trixie" in tree.name:
            environment["SYSTEMD_NSPAWN_UNIFIED_HIERARCHY"] = "1"
        with log.open("wb") as stream:
            self._nspawn = subprocess.Popen(
                [
                    *(
                        "systemd-nspawn",
                        "--quiet",
                        "--boot",
                        "--register=no",
                        "--keep-unit",
                        "--volatile=overlay",
                    ),
                    *(
                        "--private-network",
                        f"--directory={tree}",
                        f"--machine={name}",
                        f"--bind-ro={host}:/mnt/host",
                    ),
                ],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )
        self.leader = wait_until(self._find_leader, "the first process of the container", BOOT_SECONDS)
        wait_until(self._is_up, "the container's systemd", BOOT_SECONDS)

    def _find_leader(self) -> int | None:
        assert self._nspawn.poll() is None, self.log.read_text(errors="replace")
        children = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children").read_text().split()
        for child in children:
            if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                return int(child)
        return None

    def _is_up(self) -> bool:
        return self.try_run("systemctl", "is-system-running").stdout.strip() in ("running", "degraded")

    def stop(self) -> None:
        """Ends everything in it at once."""
        os.kill(self.leader, signal.SIGKILL)
        self._nspawn.wait(30)

    def try_run(self, *command: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Runs a command as root, whatever it returns."""
        inside = [
            "nsenter",
            f"--target={self.leader}",
            "--mount",
            "--uts",
            "--ipc",
            "--net",
            "--pid",
            "--cgroup",
        ]
        return subprocess.run(
            [
                *inside,
                "--",
                "/usr/bin/env",
                "-i",
                "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                "LANG=C.UTF-8",
                *command,
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )

    def run(self, *command: str, timeout: float = 120) -> str:
        """What a command that must succeed prints, run as root."""
        result = self.try_run(*command, timeout=timeout)
        assert result.returncode == 0, (
            f"{shlex.join(command)}: {result.returncode}\n{result.stdout}\n{result.stderr}"
        )
        return result.stdout

    def apt_install(self, *packages: str) -> None:
        """Installs packages, or .deb files by path, from what the tree has: there is no network."""
        quiet = ("-o", "Dpkg::Use-Pty=0", "-o", "APT::Sandbox::User=root")
        noninteractive = ("env", "DEBIAN_FRONTEND=noninteractive")
        self.run(*noninteractive, "apt-get", "install", "-y", "--no-install-recommends", *quiet, *packages)

    def write(self, path: str, text: str) -> None:
        """Writes a file as root, folders included."""
        self.run("sh", "-c", f"mkdir -p {shlex.quote(str(Path(path).parent))}")
        self.run("sh", "-c", f"printf %s {shlex.quote(text)} > {shlex.quote(path)}")

    def outside(self, *inside: int) -> list[int]:
        """The process ids that processes of the container have on this machine."""
        namespace = os.readlink(f"/proc/{self.leader}/ns/pid")
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                status = (process / "status").read_text()
                own = status.split("NSpid:")[1].split("\n")[0].split()[-1]
                if int(own) in inside and os.readlink(process / "ns/pid") == namespace:
                    found.append(int(process.name))
        return found

    def add_user(self, name: str, linger: bool = False) -> User:
        """A new user; with `linger`, a service manager of the user's runs without a login."""
        self.run("useradd", "--create-home", "--shell", "/bin/bash", name)
        user = User(self, name, int(self.run("id", "-u", name)))
        if linger:
            self.run("loginctl", "enable-linger", name)
            running = ("systemctl", "--user", "is-system-running")
            wait_until(
                lambda: user.try_run(*running).stdout.strip() in ("running", "degraded"), "a user's manager"
            )
        return user


class User:
    """An ordinary user of a machine."""

    def __init__(self, machine: Machine, name: str, uid: int) -> None:
        self.machine = machine
        self.name = name
        self.uid = uid
        self.home = f"/home/{name}"

    def _command(self, command: tuple[str, ...]) -> tuple[str, ...]:
        variables = (f"HOME={self.home}", f"USER={self.name}", f"XDG_RUNTIME_DIR=/run/user/{self.uid}")
        return ("runuser", "-u", self.name, "--", "env", "-C", self.home, *variables, *command)

    def try_run(self, *command: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Runs a command as this user, whatever it returns."""
        return self.machine.try_run(*self._command(command), timeout=timeout)

    def run(self, *command: str, timeout: float = 120) -> str:
        """What a command that must succeed prints."""
        return self.machine.run(*self._command(command), timeout=timeout)

    def systemctl(self, *arguments: str) -> str:
        """systemctl of the user's own manager."""
        return self.run("systemctl", "--user", *arguments)

    def repository(self, name: str = "repo") -> str:
        """A git repository in the home with one commit; its path."""
        path = f"{self.home}/{name}"
        self.run("git", "init", "-q", "-b", "main", path)
        for key, value in (("user.name", self.name.title()), ("user.email", f"{self.name}@example.org")):
            self.run("git", "-C", path, "config", key, value)
        self.run(
            "git",
            "-C",
            path,
            "commit",
            "-q",
            "--allow-empty",
            "-m",
            "chore: begin the story of this repository",
        )
        return path

    def script(self, text: str, *arguments: str, timeout: float = 120) -> str:
        """Runs lines of bash that must all succeed; what they print."""
        return self.run("bash", "-euc", text, "bash", *arguments, timeout=timeout)


class Service:
    """A systemd unit that is an obsd, seen by the user that steers it."""

    def __init__(
        self, user: User, unit: str = "obsd.service", system: bool = False, port: int = 8000
    ) -> None:
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
        assert not check or result.returncode == 0, (
            f"{arguments}: {result.stdout}\n{result.stderr}\n{self.journal()}"
        )
        return result

    def show(self, name: str) -> str:
        """A property of the unit."""
        return self._run("show", "--value", f"--property={name}", self.unit).stdout.strip()

    @property
    def pid(self) -> int:
        """The daemon's process id, inside; 0 when it does not run."""
        return int(self.show("MainPID"))

    def set(self, **properties: str) -> None:
        """Overrides settings of the service by a drop-in (empty: takes all overrides back), and restarts it."""
        folder = f"/etc/systemd/{'system' if self._system else 'user'}/{self.unit}.d"
        lines = "".join(f"{name}={value}\n" for name, value in properties.items())
        if lines:
            self.user.machine.write(f"{folder}/test.conf", f"[Service]\n{lines}")
        else:
            self.user.machine.run("rm", "-rf", folder)
        self._run("daemon-reload")
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
        found = self.user.machine.try_run("pgrep", "-f", "obsd.watcher.forkserver")
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
        found = self.user.machine.try_run(
            "pgrep", "-x", "-u", self.show("User") or self.user.name, "obsd-watcher"
        )
        return [int(pid) for pid in re.findall(r"\d+", found.stdout)]
