"""200,000 appends over 20,000 new files in 1,000 folders on a memory file system, as fast as one process can."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from benchmarks import processes, rig
from benchmarks.engine import writer
from benchmarks.engine.peers import Peer, present
from benchmarks.table import Row

FOLDERS, FILES, ROUNDS = 1000, 20_000, 10
EVENTS = FILES + FILES * ROUNDS
WORK = "flood"


def run() -> list[Row]:
    """obsd first, then each peer over the same work; CPU of whole process trees."""
    ours, rows = _obsd()
    for peer in present():
        print(f"  {peer.name} …", file=sys.stderr, flush=True)
        cpu, seen = _peer(peer)
        note = f"obsd took {ours / cpu:.2f} times that" if cpu else ""
        rows.append(Row(WORK, f"{peer.name}: CPU", cpu, "s", None, note))
        if seen:
            rows.append(Row(WORK, f"{peer.name}: events reported of {EVENTS:,}", seen / EVENTS * 100, "%"))
        if peer.program == "inotifywait":
            rows.append(Row(WORK, "obsd's CPU, inotifywait's being 1", ours / cpu, "times", 1.0))
    return rows


def _folders(folder: Path) -> Path:
    tree = folder / "tree"
    for number in range(FOLDERS):
        (tree / f"d{number}").mkdir(parents=True)
    return tree


def _obsd() -> tuple[float, list[Row]]:
    with rig.folder(memory=True) as memory, rig.folder() as home, rig.daemon(home) as daemon:
        tree = _folders(memory)
        daemon.add(tree, "w")
        daemon.settle("w")
        before, own_before = processes.usage(daemon.pid), processes.own_usage(daemon.pid)
        seconds = writer.run("append", tree, FOLDERS, FILES, ROUNDS)
        began = time.perf_counter()
        daemon.settle("w")
        lag = time.perf_counter() - began
        used, own = processes.usage(daemon.pid) - before, processes.own_usage(daemon.pid) - own_before
        samples = daemon.scrape()
        created = samples.sum("copilot_files_modified_total", workspace="w", operation="created")
        lines = samples.sum("copilot_lines_changed_sum", workspace="w")
        overflows = samples.sum("obsd_queue_overflows_total", workspace="w")
        return used.cpu_seconds, [
            Row(WORK, "the writer's rate", FILES * ROUNDS / seconds, "writes/s"),
            Row(WORK, "obsd: CPU", used.cpu_seconds, "s"),
            Row(WORK, "of it the daemon itself", own.cpu_seconds, "s"),
            Row(WORK, "obsd: everything recorded after the last write", lag, "s"),
            Row(WORK, "obsd: created files not counted", FILES - created, "files", 0),
            Row(WORK, "obsd: lines not counted", FILES * ROUNDS - lines, "lines", 0),
            Row(WORK, "obsd: queue overflows", overflows, "", 0),
        ]


def _peer(peer: Peer) -> tuple[float, int]:
    with rig.folder(memory=True) as memory:
        tree = _folders(memory)
        with peer.watching(tree) as running:
            before = processes.usage(running.pid)
            writer.run("append", tree, FOLDERS, FILES, ROUNDS)
            _rest(running.pid)
            return (processes.usage(running.pid) - before).cpu_seconds, running.seen()


def _rest(pid: int) -> None:
    """Returns when the tree used next to no processor time for a second."""
    last = processes.usage(pid).cpu_seconds
    while True:
        time.sleep(1)
        now = processes.usage(pid).cpu_seconds
        if now - last < 0.02:
            return
        last = now
