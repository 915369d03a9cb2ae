"""Files that tools wrote, put together from what a record has of them. Pure functions, any thread."""

from __future__ import annotations

from collections.abc import Iterable

from obsd.facts.records import Content, FileWritten, Kind, LineChange
from obsd.line_hashes import as_bytes, content_of
from obsd.records import line_changes
from obsd.records.record import Record, absolute


def edited(
    path: str,
    lines: LineChange | None,
    content: Content | None = None,
    kind: Kind = "edit",
    previous_path: str = "",
) -> tuple[FileWritten, ...]:
    """A file of which these lines were changed; nothing without a path."""
    if not path:
        return ()
    known = lines is not None and not lines.cut
    added, removed = (len(lines.added), len(lines.removed)) if lines and known else (None, None)
    return (FileWritten(path, kind, previous_path, added, removed, content, lines),)


def wrote(path: str, record: Record, *content_key: str, new: bool = False) -> tuple[FileWritten, ...]:
    """A file that was written whole; `new` when it was not there before, so that its lines are what was added."""
    lines, content = record.whole(*content_key), record.content(*content_key)
    if new or not path:
        return edited(path, lines, content, "write")
    return (FileWritten(path, "write", content=content, lines=lines, whole=lines is not None),)


def replaced(path: str, pairs: Iterable[Record], old_key: str, new_key: str) -> tuple[FileWritten, ...]:
    """A file in which strings were replaced; what the file had before is not known."""
    changes = [change for pair in pairs if (change := pair.replaced(old_key, new_key)) is not None]
    return edited(path, line_changes.together(changes))


def patched(record: Record, *keys: str, cwd: str) -> tuple[FileWritten, ...]:
    """The files of an `apply_patch` text."""
    files: list[FileWritten] = []
    for file in record.patched(*keys):
        path = absolute(file.path, cwd)
        moved = absolute(file.move_path, cwd) if file.move_path else ""
        if file.verb == "Delete":
            files += edited(path, None, kind="delete")
        elif moved:
            files += edited(moved, file.change, kind="move", previous_path=path)
        else:
            content = content_of(as_bytes(file.content)) if file.content is not None else None
            files += edited(path, file.change, content, "write" if file.verb == "Add" else "edit")
    return tuple(files)
