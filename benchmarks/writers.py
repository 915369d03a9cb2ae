"""The kernel as a source of who wrote: what a writer pays, what marking and reading cost, how soon a writer is known.

As root, for the helper; the reader runs as an ordinary user. A writer's cost is measured in turns with and without.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks import processes, rig
from benchmarks.table import Row, spread
from obsd.writers import access
from obsd.writers.marks import Marks
from tests.system.writers.rig import Helper, ReaderRig

DIRECTORIES = 50_000
FORKS = 10_000
SAVES = 20_000
ROUNDS = 7
FILES = 200
EDITS = 200
_WRITER = """
import os, sys, time
folder, count, files = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
names = [f"{folder}/f{number}" for number in range(files)]
began = time.process_time()
for number in range(count):
    file = os.open(names[number % files], os.O_WRONLY | os.O_CREAT)
    os.write(file, b"line\\n")
    os.close(file)
print((time.process_time() - began) / count * 1e6)
"""
_WATCHER = """
import sys, time
from obsd.watcher.inotify import Inotify
watches = Inotify()
for folder in sys.argv[1:]:
    watches.add(folder)
print("ready", flush=True)
while True:
    watches.read()
    time.sleep(0.015)
"""
_BUILD = 'i=0; while [ "$i" -lt "$1" ]; do /bin/true; i=$((i+1)); done'


def run() -> list[Row]:
    """All measurements, on a memory file system."""
    if os.geteuid() != 0:
        raise RuntimeError("it takes root, for the helper")
    rows: list[Row] = []
    with rig.folder(memory=True) as folder:
        folder.chmod(0o755)
        helper = Helper(folder).start()
        try:
            for measure in (_writer, _marking, _build, _latency, _idle):
                rows += measure(folder, helper.socket)
        finally:
            helper.stop()
    return rows


def _reading(measure: Callable[[Path, Path, ReaderRig], list[Row]]) -> Callable[[Path, Path], list[Row]]:
    def with_reader(folder: Path, socket: Path) -> list[Row]:
        reader = ReaderRig(socket)
        try:
            return measure(folder, socket, reader)
        finally:
            reader.stop()

    return with_reader


def _writer(folder: Path, socket: Path) -> list[Row]:
    rows = _paid("in memory", folder, socket)
    with rig.folder() as disk:
        disk.chmod(0o755)
        return [*rows, *_paid("on disk", disk, socket)]


def _paid(where: str, folder: Path, socket: Path) -> list[Row]:
    """By the writer's own processor time: waiting for a processor that the reader has is not the kernel's price.

    Every marked directory is watched with inotify as well, so that is what marks come on top of.
    """
    places = [folder / name for name in ("plain", "watched", "marked")]
    values: list[list[float]] = [[] for _ in places]
    reader = ReaderRig(socket)
    try:
        for place in places:
            place.mkdir()
            _save(place)  # the files are there from now on
        reader.add(places[2])
        with _watched(places[1:]):
            for _ in range(ROUNDS):
                for place, found in zip(places, values, strict=True):
                    found.append(_save(place))
                reader.settle()
    finally:
        reader.stop()
    plain, watched, marked = map(statistics.median, values)
    return [
        Row("writers", f"open, write and close {where}, the writer's CPU, unwatched", plain, "µs"),
        Row("writers", "watched by inotify", watched, "µs"),
        Row("writers", "marked as well", marked, "µs"),
        Row("writers", "what the marks come to", marked / watched, "times", 1.5, f"{marked / plain:.2f} of unwatched"),
    ]


@contextmanager
def _watched(folders: Sequence[Path]) -> Iterator[None]:
    """Watches folders as a watcher does, in a process that reads as often as one."""
    command = [sys.executable, "-c", _WATCHER, *map(str, folders)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield
    finally:
        process.kill()
        process.communicate()


def _save(folder: Path) -> float:
    command = [sys.executable, "-c", _WRITER, str(folder), str(SAVES), str(FILES)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _marking(folder: Path, socket: Path) -> list[Row]:
    paths = [f"{folder}/tree/d{number // 200}/e{number % 200}" for number in range(DIRECTORIES)]
    for path in paths:
        os.makedirs(path)
    found = access.ask([os.stat(folder).st_dev], path=str(socket))
    try:
        marks = Marks(found.groups.get)
        began = time.process_time()
        for path in paths:
            marks.add(path)
        seconds = time.process_time() - began
        assert len(marks) == DIRECTORIES, f"{len(marks)} of {DIRECTORIES} are marked"
    finally:
        found.close()
    return [Row("writers", f"{DIRECTORIES:,} directories marked, CPU", seconds, "s", 0.5)]


@_reading
def _build(folder: Path, socket: Path, reader: ReaderRig) -> list[Row]:
    reader.add(folder)
    before = processes.own_usage(reader.process.pid)
    began = time.perf_counter()
    subprocess.run(["sh", "-c", _BUILD, "sh", str(FORKS)], check=True)
    wall = time.perf_counter() - began
    used = processes.own_usage(reader.process.pid) - before
    note = f"{wall:.1f} s, {used.wakeups:,} wake-ups"
    return [Row("writers", f"a build of {FORKS:,} processes, the reader's CPU", used.cpu_seconds, "s", 0.3, note)]


@_reading
def _latency(folder: Path, socket: Path, reader: ReaderRig) -> list[Row]:
    work = folder / "edits"
    work.mkdir()
    reader.add(work)
    delays = []
    for number in range(EDITS):
        began = time.perf_counter()
        (work / f"f{number}").write_text("line\n")
        reader.await_seen(f"f{number}")
        delays.append((time.perf_counter() - began) * 1000)
    return spread("writers", "from a write to its writer's name", delays, "ms", 300)


@_reading
def _idle(folder: Path, socket: Path, reader: ReaderRig) -> list[Row]:
    reader.add(folder)
    time.sleep(1)
    before = processes.own_usage(reader.process.pid)
    time.sleep(10)
    used = processes.own_usage(reader.process.pid) - before
    return [
        Row("writers", "idle, CPU of one core", used.cpu_seconds * 10, "%", 0.1),
        Row("writers", "the reader (PSS)", processes.pss_bytes(reader.process.pid) / 1e6, "MB", 16),
    ]
