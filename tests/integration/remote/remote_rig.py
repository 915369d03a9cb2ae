"""A daemon that receives reports over mutual TLS, and a place elsewhere from which they come."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from pathlib import Path

from obsd.agents.table import AgentTable
from obsd.git import hook_script
from tests.certificates import Authority
from tests.support import Daemon, Repository, command


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


class Served:
    """The daemon's side: its authority, and where it listens."""

    def __init__(self, daemon: Daemon, folder: Path) -> None:
        self.daemon = daemon
        self.authority = Authority(folder / "authority", "the user's own")
        self.certificate, self.key = self.authority.sign("localhost")
        self.address = f"127.0.0.1:{_free_port()}"

    def section(self, **other: object) -> str:
        """The section [api], with other values for some keys."""
        keys = {
            "listen": self.address,
            "certificate": str(self.certificate),
            "key": str(self.key),
            "client_authority": str(self.authority.certificate),
        }
        return "[api]\n" + "".join(f"{name} = {json.dumps(str(one))}\n" for name, one in (keys | other).items())


class Elsewhere:
    """A spool as a container or another machine has it, with its `remote.toml`."""

    def __init__(self, folder: Path) -> None:
        self.spool = folder / "spool"
        self.spool.mkdir(parents=True)

    def reports_to(self, paths: dict[str, str] | None = None, **keys: object) -> None:
        """Writes the file."""
        lines = [f"{name} = {json.dumps(str(one))}" for name, one in keys.items()]
        lines += ["[paths]", *(f"{json.dumps(here)} = {json.dumps(there)}" for here, there in (paths or {}).items())]
        (self.spool / "remote.toml").write_text("\n".join(lines) + "\n")

    def hook(self, repository: Repository, seen_as: str = "", **environment: str) -> None:
        """Runs the hook after a commit; the working tree is at the path `seen_as` there."""
        script = hook_script.script("post-commit", Path("/nonexistent/obsctl"), self.spool, table=AgentTable.build())
        place = self.spool.parent / "post-commit"
        place.write_bytes(script)
        place.chmod(0o755)
        subprocess.run([str(place)], cwd=repository.path, env=repository.environment | environment, check=True)
        (report,) = [one for one in self.spool.iterdir() if one.name.isdigit()]
        here, there = os.fsencode(repository.path), os.fsencode(seen_as or repository.path)
        field = b"worktree %d\n%s\n"
        report.write_bytes(report.read_bytes().replace(field % (len(here), here), field % (len(there), there)))

    def deliver(self) -> str:
        """Has the reporter deliver; returns what it says of what went wrong."""
        subprocess.run([*command("obsctl"), "drain-spool", str(self.spool)], check=True, cwd="/")
        place = self.spool / "trouble"
        return place.read_text() if place.exists() else ""

    @property
    def waiting(self) -> int:
        """How many reports are in the spool."""
        return sum(one.name.isdigit() for one in self.spool.iterdir())
