"""Opening the ledger, whatever state it is in.

Owns the decision what a file that cannot be used means: a damaged one is moved aside and said so, be the damage found
at the start or later (a mark beside the file says so then), and any other fault ends the start. Owns the copy of the
register beside the ledger, too, from which a new ledger knows what is watched and since when, so that commits are found
again by their reflogs. Blocks on the disk: at the start, and then on a worker thread.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from obsd.errors import StoreError
from obsd.facts import WorkspaceAdded
from obsd.ledger import Ledger
from obsd.ledger.log_check import committed_frames
from obsd.small_files import read_small
from obsd.views.state import StateChanges
from obsd.workspaces.names import is_valid
from obsd.workspaces.workspace import Workspace

log = logging.getLogger(__name__)

_MAX_REGISTER_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Opened:
    """An open ledger; `aside` is where a damaged one went (None: it was sound), `saved` what is watched again.

    `cut`: the end of its write-ahead log was damaged, so that what was recorded last is lost.
    """

    ledger: Ledger
    aside: Path | None = None
    saved: tuple[Workspace, ...] = ()
    cut: bool = False


def open_ledger(path: Path, on_damage: Callable[[str], None] = lambda text: None) -> Opened:
    """The ledger, or a new one that knows the workspaces of a damaged one. `on_damage` is called on the event loop when
    damage is found later: `condemn` the ledger then, and open it again. Raises StoreError.
    """
    claimed = committed_frames(path)
    if not _mark_of(path).exists():
        try:
            ledger = Ledger.open(path, on_damage)
        except StoreError as error:
            if error.reason != "ledger_damaged":
                raise
        else:
            if _knows_all(ledger, _sane(_read(path))):
                return Opened(ledger, cut=claimed > ledger.log_frames())
            ledger.close()
    saved = {one.name: one for one in (*_sane(_read(path)), *_sane(Ledger.salvage_workspaces(path)))}
    aside = Ledger.move_aside(path)
    ledger = Ledger.open(path, on_damage)
    ledger.append(
        [
            WorkspaceAdded(at=one.added_at, workspace=one.name, path=one.path, parent=one.parent)
            for one in saved.values()
        ],
        StateChanges(),
    )
    _mark_of(path).unlink(missing_ok=True)
    return Opened(ledger, aside, tuple(saved.values()))


def condemn(path: Path) -> None:
    """Has a ledger that turned out to be damaged set aside when it is opened next. A mark that cannot be made is only
    logged: what is damaged will be found again."""
    try:
        _mark_of(path).touch(mode=0o600)
    except OSError as error:
        log.warning("the damaged ledger could not be marked: %s", error)


def _knows_all(ledger: Ledger, registered: Sequence[Workspace]) -> bool:
    """Whether the ledger knows every workspace of the register beside it, be it removed: one that does not know it has
    lost what was written."""
    return {one.name for one in registered} <= ledger.names()


def keep_register(path: Path, workspaces: Iterable[Workspace]) -> None:
    """Writes the copy of the register beside the ledger `path`. One that cannot be written is only logged."""
    copy = _copy_of(path)
    fresh = copy.with_name(copy.name + ".new")
    text = json.dumps({"version": 1, "workspaces": [asdict(one) for one in workspaces]})
    try:
        # As ASCII: a path may hold surrogates, which JSON writes as escapes.
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(text)
        os.replace(fresh, copy)
    except OSError as error:
        log.warning("the copy of the register was not written: %s", error)


def _mark_of(path: Path) -> Path:
    return path.with_name(path.name + ".condemned")


def _copy_of(path: Path) -> Path:
    return path.with_name("register.json")


def _read(path: Path) -> list[Workspace]:
    try:
        entries = json.loads(read_small(_copy_of(path), _MAX_REGISTER_BYTES).decode("ascii"))["workspaces"]
        return [
            Workspace(str(one["name"]), str(one["path"]), float(one["added_at"]), str(one["parent"])) for one in entries
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return []  # what is lost, is lost


def _sane(workspaces: Iterable[Workspace]) -> list[Workspace]:
    """Those that can be what was registered: what comes from a damaged file is not taken on trust."""
    return [
        one
        for one in workspaces
        if os.path.isabs(str(one.path))
        and all(is_valid(part) for part in str(one.name).split("/", 1))
        and 0 <= float(one.added_at) < 1e11
    ]
