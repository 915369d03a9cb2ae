"""watchfiles as its documentation shows it: merged changes, one line a change."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from watchfiles import watch


def main(folder: str, output: str, ready: str) -> None:
    """Watches until it is ended."""
    with Path(output).open("w", errors="surrogateescape") as out:
        # watch() gives no sign of being ready: it is when a probe comes back.
        probe = Path(folder) / ".obsd-benchmark-probe"
        timer = threading.Timer(0.2, probe.touch)
        timer.start()
        for changes in watch(folder, watch_filter=None, debounce=200, rust_timeout=500, yield_on_timeout=True):
            if not Path(ready).exists():
                probe.touch()
                if changes:
                    probe.unlink()
                    Path(ready).touch()
                continue
            out.writelines(f"{change.name} {path}\n" for change, path in changes)
            out.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
