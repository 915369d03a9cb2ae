"""Owns the other watchers: how each is started on a folder, when it is ready, and how many events it saw.

Every one is optional: `missing` says what would install it. Watchers run in processes of their own, so that their
cost is measured in the same way as obsd's.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support import wait_until

READY_SECONDS = 120.0
_SCRIPTS = Path(__file__).parent / "watchers"


@dataclass
class Running:
    """A watcher at work: its process, and the file that it writes a line to for each event (None: it merges them)."""

    pid: int
    output: Path | None

    def seen(self) -> int:
        """Events that it reported so far; 0 where it merges them."""
        if self.output is None:
            return 0
        with self.output.open("rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


@dataclass(frozen=True)
class Peer:
    """A watcher to compare with. `program` is what it needs: a command, or a Python module with `module`."""

    name: str
    program: str
    package: str
    module: bool = False

    def missing(self) -> str:
        """What would install it; empty when it is there."""
        found = importlib.util.find_spec(self.program) if self.module else shutil.which(self.program)
        return "" if found else f"{self.name} is left out: {self.package}"

    @contextmanager
    def watching(self, folder: Path) -> Iterator[Running]:
        """Runs it over a folder, from the moment that it is ready."""
        with tempfile.TemporaryDirectory(prefix="obsd-peer-") as home:
            start = _watchman if self.program == "watchman" else _inotifywait
            process, running = _script(self.program, folder, Path(home)) if self.module else start(folder, Path(home))
            try:
                yield running
            finally:
                process.terminate()
                process.wait()


PEERS = [
    Peer("inotifywait -m -r", "inotifywait", "apt install inotify-tools"),
    Peer("watchman", "watchman", "apt install watchman"),
    Peer("pyinotify, its own loop", "pyinotify", "pip install pyinotify", module=True),
    Peer("watchdog", "watchdog", "pip install 'obsd[bench]'", module=True),
    Peer("watchfiles", "watchfiles", "pip install 'obsd[bench]'", module=True),
]


def present() -> list[Peer]:
    """Those that are installed; says on stderr which are not."""
    for peer in PEERS:
        if peer.missing():
            print(peer.missing(), file=sys.stderr)
    return [peer for peer in PEERS if not peer.missing()]


def _inotifywait(folder: Path, home: Path) -> tuple[subprocess.Popen[bytes], Running]:
    output, messages = home / "events", home / "messages"
    events = "create,close_write,delete,move"
    with output.open("wb") as out, messages.open("wb") as err:
        process = subprocess.Popen(
            ["inotifywait", "-m", "-r", "-e", events, "--format", "%e %w%f", str(folder)], stdout=out, stderr=err
        )
    wait_until(lambda: b"established" in messages.read_bytes(), "inotifywait", READY_SECONDS)
    return process, Running(process.pid, output)


def _watchman(folder: Path, home: Path) -> tuple[subprocess.Popen[bytes], Running]:
    socket = home / "sock"
    options = [f"--sockname={socket}", f"--statefile={home}/state", f"--pidfile={home}/pid", f"--logfile={home}/log"]
    process = subprocess.Popen(["watchman", "--foreground", *options], stdout=subprocess.DEVNULL)
    wait_until(socket.exists, "watchman's socket", READY_SECONDS)
    client = ["watchman", "--no-spawn", f"--sockname={socket}"]
    subprocess.run([*client, "watch", str(folder)], check=True, capture_output=True)
    # The clock waits for a cookie, so that the first crawl is over when it answers.
    answer = subprocess.run([*client, "clock", str(folder)], check=True, capture_output=True)
    json.loads(answer.stdout)
    return process, Running(process.pid, None)


def _script(module: str, folder: Path, home: Path) -> tuple[subprocess.Popen[bytes], Running]:
    output, ready = home / "events", home / "ready"
    process = subprocess.Popen(
        [sys.executable, str(_SCRIPTS / f"with_{module}.py"), str(folder), str(output), str(ready)],
        stderr=subprocess.DEVNULL,
    )
    wait_until(ready.exists, module, READY_SECONDS)
    return process, Running(process.pid, output)
