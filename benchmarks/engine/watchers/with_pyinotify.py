"""pyinotify as its documentation shows it: recursive watches, its own loop, one line an event."""

from __future__ import annotations

import sys
from pathlib import Path

import pyinotify


def main(folder: str, output: str, ready: str) -> None:
    """Watches until it is ended."""
    with Path(output).open("w", buffering=1 << 16, errors="surrogateescape") as out:

        class Writer(pyinotify.ProcessEvent):
            def process_default(self, event: pyinotify.Event) -> None:
                out.write(f"{event.maskname} {event.pathname}\n")

        manager = pyinotify.WatchManager()
        mask = (
            pyinotify.IN_CREATE
            | pyinotify.IN_CLOSE_WRITE
            | pyinotify.IN_DELETE
            | pyinotify.IN_MOVED_FROM
            | pyinotify.IN_MOVED_TO
        )
        notifier = pyinotify.Notifier(manager, Writer(), timeout=100)
        manager.add_watch(folder, mask, rec=True, auto_add=True)
        Path(ready).touch()
        while True:
            notifier.process_events()
            if notifier.check_events():
                notifier.read_events()
            else:
                out.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
