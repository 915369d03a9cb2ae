"""The journal's catalog explains every event that has an id, and journald itself can read it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from obsd.host.journald import MESSAGE_IDS

ROOT = Path(__file__).resolve().parents[3]
CATALOG = ROOT / "packaging/systemd/obsd.catalog"


def test_every_event_has_its_text_and_no_other() -> None:
    ids = re.findall(r"^-- ([0-9a-f]{32})$", CATALOG.read_text("utf-8"), re.MULTILINE)
    assert sorted(ids) == sorted(MESSAGE_IDS.values())


def test_the_events_of_one_workspace_name_it() -> None:
    text = CATALOG.read_text("utf-8")
    for event in ("watcher_restarted", "rescanned", "workspace_failed", "workspace_degraded"):
        entry = text.partition(f"-- {MESSAGE_IDS[event]}\n")[2].partition("\n-- ")[0]
        assert "@OBSD_WORKSPACE@" in entry.splitlines()[0]


@pytest.mark.skipif(shutil.which("journalctl") is None, reason="not installed: apt install systemd")
def test_journalctl_reads_it(tmp_path: Path) -> None:
    folder = tmp_path / "usr/lib/systemd/catalog"
    folder.mkdir(parents=True)
    (tmp_path / "var/lib/systemd/catalog").mkdir(parents=True)
    shutil.copy(CATALOG, folder)
    command = ["journalctl", f"--root={tmp_path}"]
    subprocess.run([*command, "--update-catalog"], capture_output=True, check=True)
    result = subprocess.run([*command, "--list-catalog"], capture_output=True, text=True, check=True)
    listed = dict(line.split(" ", 1) for line in result.stdout.splitlines())
    assert listed.keys() == set(MESSAGE_IDS.values())
    assert listed[MESSAGE_IDS["ready"]].strip() == "obsd: obsd is ready"
