"""The start on 100,000 folders, and on as many of which 95,000 are ignored."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from benchmarks import processes, rig
from benchmarks.engine import writer
from benchmarks.engine.peers import PEERS
from benchmarks.table import Row
from tests.support import command

FOLDERS, IGNORED = 100_000, 95_000


def run() -> list[Row]:
    """obsd from the request to the state `watching`; inotifywait and Watchman from their start to being ready."""
    with rig.folder(memory=True) as memory:
        tree = memory / "tree"
        writer.make_folders(tree, FOLDERS)
        work = f"start, {FOLDERS:,} folders"
        rows = _obsd(tree, work, 2.5, 60)
        ours = rows[0].value
        for peer in PEERS[:2]:
            if peer.missing():
                continue
            began = time.perf_counter()
            with peer.watching(tree) as running:
                took = time.perf_counter() - began
                memory_mb = processes.pss_bytes(running.pid) / 1e6
            aim = 1 if peer.program == "watchman" else None
            rows += [
                Row(work, f"{peer.name}: ready", took, "s"),
                Row(work, f"{peer.name}: PSS", memory_mb, "MB"),
                Row(work, f"obsd's time, that of {peer.name} being 1", ours / took, "times", aim),
            ]
    return [*rows, *_ignored()]


def _ignored() -> list[Row]:
    with rig.folder(memory=True) as memory:
        tree = memory / "tree"
        writer.make_folders(tree / "node_modules", IGNORED)
        writer.make_folders(tree / "src", FOLDERS - IGNORED)
        (tree / ".gitignore").write_text("node_modules/\n")
        subprocess.run(["git", "init", "-q", str(tree)], check=True)
        return _obsd(tree, f"start, {IGNORED:,} of {FOLDERS:,} folders ignored", 0.3, None)


def _obsd(tree: Path, work: str, seconds: float, megabytes: float | None) -> list[Row]:
    with rig.folder() as home, rig.daemon(home) as daemon:
        began = time.perf_counter()
        daemon.add(tree, "w", "--no-hooks")
        took = time.perf_counter() - began
        base = _command_seconds(daemon.environment)
        watchers = [processes.pss_bytes(pid) / 1e6 for pid in rig.watchers(daemon)]
        return [
            Row(work, "obsd: watching, `obsctl`'s own time left out", took - base, "s", seconds),
            Row(work, "obsd: the watcher's PSS", max(watchers, default=0), "MB", megabytes),
        ]


def _command_seconds(environment: dict[str, str]) -> float:
    """What obsctl takes for a request that needs no work."""
    began = time.perf_counter()
    subprocess.run([*command("obsctl"), "workspaces"], env=environment, check=True, capture_output=True)
    return time.perf_counter() - began
