"""What is on the disk, and what the kernel holds for a watcher."""

from __future__ import annotations

import os
from pathlib import Path

from tests.integration.watching.watcher_rig import WatcherRig


def files(folder: Path) -> set[str]:
    """Paths of the regular files at any depth, links not followed."""
    return {
        os.path.relpath(os.path.join(above, name), folder)
        for above, _, names in os.walk(folder)
        for name in names
        if not os.path.islink(os.path.join(above, name))
    }


def watched(rig: WatcherRig) -> int:
    """Watches that the kernel holds for the watcher, beside that of its probes."""
    assert rig.process is not None
    folder = Path(f"/proc/{rig.process.pid}/fdinfo")
    return sum(info.read_text().count("inotify wd:") for info in folder.iterdir()) - 1


def fill(folder: Path, folders: int = 20, each: int = 20) -> None:
    """Deep folders and files in them, as fast as it goes."""
    for number in range(folders):
        place = folder / f"a{number}" / "b" / "c"
        place.mkdir(parents=True)
        for name in range(each):
            (place / f"f{name}").write_text("one\ntwo\n")
