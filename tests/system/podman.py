"""podman with a storage of its own, images from the trees of the system tests, and services of a compose file.

No registry of images can be reached: the base is a Debian tree made by mmdebstrap, and the images of Prometheus'
programs are that base with the program of Debian's package. Everything is gone with the test.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support import remove_tree
from tests.system.conftest import PACKAGES, ROOT, command

PROGRAMS = {"podman": "podman", "runc": "runc"}
COMPOSE = Path(sys.executable).with_name("podman-compose")
"""Of this environment: Debian 12's does not know `network_mode: service:`."""
HELPERS = {"/usr/lib/podman/netavark": "netavark", "/usr/lib/podman/aardvark-dns": "aardvark-dns"}
BASE = "localhost/base:1"
# A container engine raises limits beyond what a contained root may; and crun refuses mixed versions of control groups.
_CONTAINERS = """
[containers]
default_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[network]
network_backend = "netavark"
network_config_dir = "{folder}/networks"
"""
_STORAGE = '[storage]\ndriver = "overlay"\ngraphroot = "{folder}/storage"\nrunroot = "{folder}/run"\n'
_NOT_NEEDED = ("man", "locale", "doc", "fish", "zsh", "info")


def skip_without(*packages: str) -> None:
    """Skips a test where podman, or one of these packages' programs of the same name, is missing."""
    wanted = PROGRAMS | HELPERS | {each: each for each in packages}
    missing = " ".join(package for program, package in wanted.items() if shutil.which(program) is None)
    if missing:
        pytest.skip(f"not installed: apt install {missing}")


class Podman:
    """podman and podman-compose, with their configuration and storage in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = dict(os.environ)
        for name, text in (("CONTAINERS_CONF", _CONTAINERS), ("CONTAINERS_STORAGE_CONF", _STORAGE)):
            file = folder / f"{name.lower()}.conf"
            file.write_text(text.format(folder=folder))
            self.environment[name] = str(file)

    def try_run(self, *arguments: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """A podman command, whatever it returns."""
        return self._run(["podman", *arguments], self.environment, timeout)

    def run(self, *arguments: str, timeout: float = 300) -> str:
        """What a podman command that must succeed prints."""
        result = self.try_run(*arguments, timeout=timeout)
        assert result.returncode == 0, f"{arguments}: {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result.stdout

    def compose(self, *arguments: str, variables: Mapping[str, str]) -> str:
        """What a podman-compose command on this checkout's file prints."""
        file = str(ROOT / "packaging/compose/compose.yaml")
        words = [str(COMPOSE), "-p", f"obsd{os.getpid()}", "-f", file]
        result = self._run([*words, *arguments], self.environment | dict(variables), 300)
        assert result.returncode == 0, f"{arguments}: {result.returncode}\n{result.stdout}\n{result.stderr}"
        return result.stdout

    @staticmethod
    def _run(words: list[str], environment: dict[str, str], timeout: float) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def inspect(self, kind: str, name: str) -> dict[str, Any]:
        """All that podman knows of an image, a container or a network."""
        found: list[dict[str, Any]] = json.loads(self.run(kind, "inspect", name))
        return found[0]

    def base(self, suite: str, name: str = BASE) -> None:
        """Makes an image from a tree that has all that obsd depends on."""
        tree = command("packaging/dev/tree.sh", suite, *PACKAGES)
        left_out = [f"--exclude=./usr/share/{each}/*" for each in _NOT_NEEDED]
        words = ["podman", "import", "-", name]
        with subprocess.Popen(["tar", "-C", tree, "-c", *left_out, "."], stdout=subprocess.PIPE) as pack:
            subprocess.run(words, env=self.environment, stdin=pack.stdout, capture_output=True, timeout=300, check=True)
        assert pack.returncode == 0

    def program(self, name: str, package: str) -> str:
        """An image like the official one of a program of Prometheus', with the program of Debian; its name."""
        context = self.folder / name
        context.mkdir(exist_ok=True)
        shutil.copy(shutil.which(package) or "", context / name)
        data = Path("/usr/share/prometheus") / name
        shutil.copytree(data, context / "data") if data.is_dir() else (context / "data").mkdir()
        (context / "Containerfile").write_text(
            f"FROM {BASE}\nCOPY {name} /bin/{name}\nCOPY data {data}\nRUN install -d -o nobody /{name}\n"
            f'WORKDIR /{name}\nUSER nobody\nENTRYPOINT ["/bin/{name}"]\n'
        )
        self.run("build", "--network=none", "--tag", f"localhost/{name}:1", str(context))
        return f"localhost/{name}:1"

    def end(self) -> None:
        """Ends and forgets everything."""
        self.try_run("pod", "rm", "--all", "--force", "--time=0")
        self.try_run("rm", "--all", "--force", "--time=0", "--volumes")
        for name in self.run("network", "ls", "--format={{.Name}}").split():
            self.try_run("network", "rm", "--force", name)
        self.try_run("system", "reset", "--force")


def podman(folder: Path) -> Iterator[Podman]:
    """For a fixture: podman with an empty storage."""
    made = Podman(folder)
    try:
        yield made
    finally:
        made.end()
        remove_tree(folder)
