"""watchdog as its documentation shows it: a recursive observer, one line an event."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer


def main(folder: str, output: str, ready: str) -> None:
    """Watches until it is ended."""
    with Path(output).open("w", buffering=1 << 16, errors="surrogateescape") as out:

        class Writer(FileSystemEventHandler):
            def on_any_event(self, event: FileSystemEvent) -> None:
                if event.event_type in {"created", "closed", "deleted", "moved"}:
                    out.write(f"{event.event_type} {event.src_path!r}\n")

        observer = Observer()
        observer.schedule(Writer(), folder, recursive=True)
        observer.start()
        Path(ready).touch()
        while True:
            time.sleep(0.5)
            out.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
