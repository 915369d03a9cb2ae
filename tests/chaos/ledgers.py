"""Power cuts and bad disks: torn copies of a ledger in use, with logs cut, zeroed and garbled, are opened again.

The daemon makes the ledger; each copy is opened by the code that opens it at a start.
"""

from __future__ import annotations

import random
import shutil
import threading
from pathlib import Path

from obsd.ledger.recovery import open_ledger
from tests.chaos.arena import Arena
from tests.support import Daemon, Repository


def power_cuts(arena: Arena) -> None:
    """A ledger opens in whatever state it is, knows its workspace, and is sound at the next start."""
    daemon = Daemon(arena.home()).start()
    repository = arena.repository("repo")
    daemon.add(repository.path, "repo")
    ended = threading.Event()
    writer = threading.Thread(target=_write, args=(repository, ended))
    writer.start()
    try:
        copies = [_copy(daemon.state, arena.folder / f"copy{number}") for number in range(20) if not ended.wait(0.1)]
    finally:
        ended.set()
        writer.join()
    daemon.stop()
    while arena.on():
        place = arena.folder / "try"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(arena.chance.choice(copies), place)
        kind = arena.chance.choice(sorted(_DAMAGES))
        _DAMAGES[kind](place / "ledger.sqlite3", arena.chance)
        _require_opens(place / "ledger.sqlite3", kind)
        arena.done[kind] += 1


def _write(repository: Repository, ended: threading.Event) -> None:
    for number in range(1_000):
        if ended.wait(0.02):
            return
        repository.write(f"{number}.py", "x\n" * (number % 40))
        if number % 10 == 9:
            repository.commit(f"feat: number {number} of them all")


def _copy(state: Path, to: Path) -> Path:
    to.mkdir()
    for name in ("ledger.sqlite3", "ledger.sqlite3-wal", "register.json"):
        if (state / name).exists():
            shutil.copyfile(state / name, to / name)
    return to


def _require_opens(path: Path, kind: str) -> None:
    for number in range(2):
        opened = open_ledger(path)
        try:
            names = [one.name for one in opened.ledger.workspaces()]
            opened.ledger.known_files("repo"), opened.ledger.commits(limit=0)
        finally:
            opened.ledger.close()
        assert names == ["repo"], f"{kind}: {names}"
        assert number == 0 or opened.aside is None, f"{kind}: set aside again"


def _nothing(ledger: Path, chance: random.Random) -> None:
    """As it was copied: torn."""


def _log(ledger: Path) -> Path:
    log = ledger.with_name(ledger.name + "-wal")
    log.touch()
    return log


def _cut_log(ledger: Path, chance: random.Random) -> None:
    data = _log(ledger).read_bytes()
    _log(ledger).write_bytes(data[: chance.randint(0, len(data))])


def _zero_log(ledger: Path, chance: random.Random) -> None:
    data = _log(ledger).read_bytes()
    start = chance.randint(0, len(data))
    _log(ledger).write_bytes(data[:start] + bytes(len(data) - start))


def _garble_head(ledger: Path, chance: random.Random) -> None:
    data = _log(ledger).read_bytes()
    _log(ledger).write_bytes(chance.randbytes(32) + data[32:])


def _garble(ledger: Path, chance: random.Random) -> None:
    data = bytearray(ledger.read_bytes())
    for _ in range(chance.randint(1, 8)):
        start = chance.randrange(max(1, len(data)))
        data[start : start + 512] = chance.randbytes(len(data[start : start + 512]))
    ledger.write_bytes(data)


def _cut(ledger: Path, chance: random.Random) -> None:
    data = ledger.read_bytes()
    ledger.write_bytes(data[: chance.randint(0, len(data))])


def _no_database(ledger: Path, chance: random.Random) -> None:
    ledger.write_bytes(chance.choice((b"", b"hello" * 99, bytes(8192))))


_DAMAGES = {
    "torn": _nothing,
    "log cut": _cut_log,
    "log zeroed": _zero_log,
    "log without head": _garble_head,
    "garbled": _garble,
    "cut": _cut,
    "no database": _no_database,
}
