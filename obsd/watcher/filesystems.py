"""What kind of file system a folder is on, and whether that one reports changes that others make."""

from __future__ import annotations

import os
from collections.abc import Iterator

_WITHOUT_EVENTS = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "9p",
        "drvfs",
        "afs",
        "ceph",
        "glusterfs",
        "lustre",
        "vboxsf",
        "virtiofs",
    }
)


def file_system(path: str) -> str:
    """The type of the file system that `path` is on, as /proc/self/mountinfo has it; empty when not to be found."""
    best, found = -1, ""
    for _, point, kind in mounts():
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= best:
            best, found = len(point), kind
    return found


def has_events(kind: str) -> bool:
    """Whether inotify reports every change on such a file system."""
    return kind not in _WITHOUT_EVENTS and not kind.startswith("fuse")


def mounts() -> Iterator[tuple[str, str, str]]:
    """(number, mount point, type) of every mount that this process sees."""
    for line in _lines():
        fields, _, rest = line.partition(" - ")
        words = fields.split(" ")
        yield words[0], _unescape(words[4]), rest.split(" ")[0]


def _lines() -> list[str]:
    try:
        with open("/proc/self/mountinfo", "rb") as file:
            return os.fsdecode(file.read()).splitlines()
    except OSError:
        return []


def _unescape(text: str) -> str:
    """mountinfo writes space, tab, newline and backslash as octal."""
    for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, char)
    return text
