"""Owns what telemetry costs: points taken in a second of one core, how soon an export is answered, and idling."""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path

from benchmarks import processes
from benchmarks.rig import daemon, folder, repository
from benchmarks.table import Row, spread
from tests.otlp import GrpcAgent, HttpAgent, binary, claude_metrics, point
from tests.support import Daemon

POINTS_AIM = 20_000
ANSWER_AIM_MS = 5
REQUESTS = 60
POINTS = 1_000
EXPORTS = 300
IDLE_SECONDS = 20


def run() -> list[Row]:
    """Floods, exports beside a busy watcher, and silence."""
    with folder() as home, daemon(home) as running:
        ports = [free_port(), free_port()]
        addresses = [f"127.0.0.1:{port}" for port in ports]
        running.configure(f'[telemetry]\ngrpc = "{addresses[0]}"\nhttp = "{addresses[1]}"')
        assert running.obsctl("reload").code == 0
        repository(home / "r", files=200)
        running.add(home / "r", "r")
        return [*_flood(running, addresses[0]), *_answers(running, addresses, home / "r"), *_idle(running)]


def _flood(running: Daemon, address: str) -> list[Row]:
    """Requests of 1,000 points of 200 series, one after the other."""
    bodies = [
        binary("metrics", claude_metrics(*(_point(number * POINTS + n) for n in range(POINTS))))
        for number in range(REQUESTS)
    ]
    client = GrpcAgent(address)
    before, begun = processes.own_usage(running.pid), time.perf_counter()
    for body in bodies:
        assert not client.send("metrics", body).HasField("partial_success")
    took = time.perf_counter() - begun
    cpu = (processes.own_usage(running.pid) - before).cpu_seconds
    client.close()
    points = REQUESTS * POINTS
    work = f"{points:,} delta points over gRPC, {POINTS:,} a request"
    return [
        Row(work, "CPU for 20,000 points", cpu / points * POINTS_AIM, "s", 1),
        Row(work, "points a second, wall", points / took, "/s"),
    ]


def _point(number: int) -> dict[str, object]:
    return point(1, 1_000_000 + number, number, session="s", model=f"m{number % 200}")


def _answers(running: Daemon, addresses: list[str], tree: Path) -> list[Row]:
    """What an agent sends every few seconds, while 100 files a second are written."""
    done = threading.Event()
    writer = threading.Thread(target=_write, args=(tree, done))
    writer.start()
    rpc, web = GrpcAgent(addresses[0]), HttpAgent(addresses[1])
    times: dict[str, list[float]] = {"gRPC": [], "HTTP, JSON": []}
    for number in range(EXPORTS):
        points = [point(1, 10**9 * (2 * number + 2) + n, session="t") for n in range(20)]
        raw = binary("metrics", claude_metrics(*points[:10]))
        text = json.dumps(claude_metrics(*points[10:])).encode()
        begun = time.perf_counter()
        rpc.send("metrics", raw)
        half = time.perf_counter()
        web.send("metrics", text)
        times["gRPC"].append((half - begun) * 1e3)
        times["HTTP, JSON"].append((time.perf_counter() - half) * 1e3)
    done.set()
    writer.join()
    rpc.close()
    web.close()
    work = "an export of 10 points, beside a busy watcher"
    rows = [spread(work, f"answered, {kind}", values, "ms", ANSWER_AIM_MS) for kind, values in times.items()]
    return [row for some in rows for row in some]


def _write(tree: Path, done: threading.Event) -> None:
    number = 0
    while not done.wait(0.01):
        (tree / f"d{number % 10}" / f"w{number % 100}.py").write_text(f"x = {number}\n")
        number += 1


def _idle(running: Daemon) -> list[Row]:
    """Silence, with both receivers on and their connections closed."""
    time.sleep(3)
    before = processes.own_usage(running.pid)
    time.sleep(IDLE_SECONDS)
    used = processes.own_usage(running.pid) - before
    return [
        Row("telemetry on, nobody sends", "CPU of the daemon", used.cpu_seconds / IDLE_SECONDS * 100, "%", 0.2),
        Row("telemetry on, nobody sends", "wake-ups", used.wakeups / IDLE_SECONDS, "/s"),
    ]


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port
