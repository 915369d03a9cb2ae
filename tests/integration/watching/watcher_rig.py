"""A real watcher process on its own, with the test in the daemon's place: what it sends is collected and summed up.

The rig keeps the snapshot as the ledger would, so that a watcher can be killed and the next one takes over.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from obsd.watcher.protocol import LENGTH, Settings, encode, encode_settings

WAIT_SECONDS = 60.0


@dataclass
class Change:
    operation: str
    path: str
    added: int | None
    removed: int | None
    unmeasured: str
    previous: str
    content_id: str = field(default="", compare=False)
    edit: list[Any] | None = field(default=None, compare=False)
    at: float = field(default=0.0, compare=False)


@dataclass
class Received:
    """All that a watcher sent since the last `take`."""

    changes: list[Change] = field(default_factory=list)
    git: Counter[str] = field(default_factory=Counter)
    discards: dict[str, tuple[int, int]] = field(default_factory=dict)
    rescans: list[tuple[str, float, int]] = field(default_factory=list)
    came: list[str] = field(default_factory=list)
    went: list[str] = field(default_factory=list)
    signals: Counter[str] = field(default_factory=Counter)

    def operations(self) -> Counter[str]:
        return Counter(change.operation for change in self.changes)

    def brief(self) -> list[tuple[str, str, int | None, int | None]]:
        """(operation, path, added, removed), in order of the paths."""
        return sorted((c.operation, c.path, c.added, c.removed) for c in self.changes)


class WatcherRig:
    """Starts and talks to one watcher after the other, on one workspace."""

    def __init__(self, root: Path, scratch: Path, prefix: Sequence[str] = (), **settings: Any) -> None:
        """`prefix` is a command that starts the watcher's, in surroundings of its own."""
        self.prefix = list(prefix)
        self.root = root
        self.scratch = scratch
        self.settings = settings
        self.snapshot: dict[str, list[Any]] = {}
        self.known = False
        self.received = Received()
        self.overflows = 0
        self.state: dict[str, Any] = {}
        self.process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._probed: set[str] = set()
        self._token = 0
        self._lives = 0

    # ----- lives

    def start(self) -> WatcherRig:
        ours, theirs = socket.socketpair()
        code = "import socket, sys; from obsd.watcher import main; main.run(socket.socket(fileno=int(sys.argv[1])))"
        environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        environment |= {"HOME": str(self.scratch), "XDG_CONFIG_HOME": str(self.scratch / "config")}
        self.process = subprocess.Popen(
            [*self.prefix, sys.executable, "-c", code, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env=environment,
        )
        theirs.close()
        self._socket = ours
        self._lives += 1
        self.state = {}
        if self.known:
            ours.sendall(encode("known", list(self.snapshot.values())))
        base = {"settle_seconds": 0.05, "max_delay_seconds": 0.5, "max_measured_bytes": 2 << 20}
        values: dict[str, Any] = base | {"baseline_bytes": 32 << 20} | self.settings
        life = self.scratch / f"life{self._lives}"
        ours.sendall(
            encode_settings(
                Settings(
                    root=str(self.root),
                    probe_dir=str(life / "probe"),
                    known=self.known,
                    reason="restart" if self._lives > 1 else "start",
                    **values,
                )
            )
        )
        self.wait_state("watching", "degraded")
        return self

    def kill(self) -> None:
        """SIGKILL; what it had sent before is still taken."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self._drain_to_end()

    def stop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self.process is not None:
            if self.process.poll() is None:
                os.kill(self.process.pid, signal.SIGCONT)
            self.process.wait(timeout=WAIT_SECONDS)
            self.process = None

    # ----- conversation

    def settle(self) -> Received:
        """Sends a probe, waits for its answer; returns what came since the last call."""
        self._token += 1
        token = f"probe{self._token}"
        self.send("probe", token)
        self._until(lambda: token in self._probed)
        received, self.received = self.received, Received()
        return received

    def wait_state(self, *states: str) -> dict[str, Any]:
        self._until(lambda: self.state.get("state") in states)
        return self.state

    def wait_for(self, condition: Any) -> None:
        self._until(lambda: bool(condition(self)))

    def receive(self, seconds: float = 0.002) -> None:
        """Takes what comes in that time, and waits no longer."""
        assert self._socket is not None
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and select.select([self._socket], [], [], left)[0]:
            self._take(self._frame())

    def send(self, kind: str, *values: object) -> None:
        assert self._socket is not None
        self._socket.sendall(encode(kind, *values))

    def _until(self, condition: Any) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not condition():
            left = deadline - time.monotonic()
            assert left > 0, f"not within {WAIT_SECONDS:g} s; state {self.state}"
            assert self._socket is not None
            if select.select([self._socket], [], [], min(left, 1.0))[0]:
                self._take(self._frame())

    def _drain_to_end(self) -> None:
        try:
            while True:
                self._take(self._frame())
        except EOFError:
            assert self._socket is not None
            self._socket.close()
            self._socket = None

    def _frame(self) -> list[Any]:
        (length,) = LENGTH.unpack(self._exactly(LENGTH.size))
        frame: list[Any] = json.loads(self._exactly(length))
        return frame

    def _exactly(self, count: int) -> bytes:
        assert self._socket is not None
        data = b""
        while len(data) < count:
            try:
                more = self._socket.recv(count - len(data))
            except ConnectionResetError:
                more = b""
            if not more:
                raise EOFError
            data += more
        return data

    def _take(self, frame: list[Any]) -> None:
        kind, values = frame[0], frame[1:]
        if kind == "batch":
            self._batch(values[0])
        elif kind == "state":
            self.state = values[0]
            self.overflows += values[0]["overflows"]
        elif kind == "rescanned":
            self.received.rescans.append(tuple(values))
        elif kind == "probed":
            self._probed.add(values[0])
        elif kind == "folders":
            self.received.came += values[0]
            self.received.went += values[1]
        else:
            self.received.signals[kind] += 1

    def _batch(self, batch: dict[str, Any]) -> None:
        self.received.changes += [Change(*change) for change in batch["changes"]]
        for operation, files in batch["git"]:
            self.received.git[operation] += files
        for operation, files, lines in batch["discards"]:
            known = self.received.discards.get(operation, (0, 0))
            self.received.discards[operation] = (known[0] + files, known[1] + lines)
        if batch["begins"]:
            self.snapshot.clear()
            self.known = False
        for row in batch["states"]:
            if row[1] == -1:
                self.snapshot.pop(row[0], None)
            else:
                self.snapshot[row[0]] = row
        self.known = self.known or batch["complete"]
