"""Opening a ledger in any state: what is damaged is set aside once, and the workspaces stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from obsd.facts import WorkspaceRemoved
from obsd.ledger import Ledger
from obsd.ledger.recovery import Opened, condemn, keep_register, open_ledger
from obsd.views.state import StateChanges
from obsd.workspaces.workspace import Workspace
from tests.unit.recording import T0, added, changed

W = Workspace("w", "/srv/w", T0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite3"


def killed(path: Path) -> None:
    """A ledger of which everything is in the write-ahead log alone, as a killed obsd leaves it."""
    live = path.with_name("live")
    ledger = Ledger.open(live)
    ledger.append([added(), changed()], StateChanges())
    for suffix in ("", "-wal"):
        path.with_name(path.name + suffix).write_bytes(live.with_name(f"live{suffix}").read_bytes())
    ledger.close()
    keep_register(path, [W])


def names(opened: Opened) -> list[str]:
    found = [one.name for one in opened.ledger.workspaces()]
    opened.ledger.close()
    return found


def test_a_sound_one_is_opened(path: Path) -> None:
    killed(path)
    opened = open_ledger(path)
    assert (opened.aside, opened.cut, names(opened)) == (None, False, ["w"])


def test_a_log_that_is_damaged_at_its_start_is_no_empty_ledger(path: Path) -> None:
    killed(path)
    log = path.with_name(path.name + "-wal")
    log.write_bytes(b"\x55" * 16 + log.read_bytes()[16:])
    opened = open_ledger(path)
    assert opened.aside is not None
    assert (opened.saved, names(opened)) == ((W,), ["w"])
    again = open_ledger(path)
    assert (again.aside, names(again)) == (None, ["w"])


def test_a_log_that_is_damaged_in_its_middle_is_said(path: Path) -> None:
    ledger = Ledger.open(path.with_name("live"))
    ledger.append([added()], StateChanges())
    for number in range(30):
        ledger.append([changed(f"{number}.py")], StateChanges())
    for suffix in ("", "-wal"):
        path.with_name(path.name + suffix).write_bytes(path.with_name(f"live{suffix}").read_bytes())
    ledger.close()
    log = path.with_name(path.name + "-wal")
    data = bytearray(log.read_bytes())
    data[-3 * len(data) // 10] ^= 0x55
    log.write_bytes(data)
    opened = open_ledger(path)
    assert (opened.aside, opened.cut, names(opened)) == (None, True, ["w"])


def test_what_was_condemned_is_set_aside_once(path: Path) -> None:
    killed(path)
    condemn(path)
    opened = open_ledger(path)
    assert opened.aside is not None
    assert names(opened) == ["w"]
    again = open_ledger(path)
    assert (again.aside, names(again)) == (None, ["w"])


def test_a_workspace_that_was_removed_does_not_come_back(path: Path) -> None:
    ledger = Ledger.open(path)
    ledger.append([added()], StateChanges())
    keep_register(path, [W])
    ledger.append([WorkspaceRemoved(T0 + 1, "w")], StateChanges())
    ledger.close()  # and killed before the copy was written
    opened = open_ledger(path)
    assert (opened.aside, names(opened)) == (None, [])


def test_no_more_than_some_are_kept_on_a_disk_that_damages_all(path: Path) -> None:
    for _ in range(40):
        path.write_bytes(b"no database" * 100)
        open_ledger(path).ledger.close()
    assert 5 <= len(list(path.parent.glob("*.damaged-*"))) <= 20
