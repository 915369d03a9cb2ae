"""A minimal Debian, booted with its own systemd in a container, and commands in it.

Owns the container from boot to end. Nothing in it has a network; what it writes is in memory and gone with it.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
from pathlib import Path

from tests.support import wait_until

BOOT_SECONDS = 60.0


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
                        "--system-call-filter=fanotify_init",
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
        assert result.returncode == 0, f"{shlex.join(command)}: {result.returncode}\n{result.stdout}\n{result.stderr}"
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
            wait_until(lambda: user.try_run(*running).stdout.strip() in ("running", "degraded"), "a user's manager")
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
