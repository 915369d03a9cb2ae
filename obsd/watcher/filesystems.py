"""What kind of file system a folder is on, and whether that one tells of changes that others make."""

from __future__ import annotations

import os

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
    for line in _mounts():
        fields, _, rest = line.partition(" - ")
        point = _unescape(fields.split(" ")[4])
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= best:
            best, found = len(point), rest.split(" ")[0]
    return found


def has_events(kind: str) -> bool:
    """Whether inotify hears of every change on such a file system."""
    return kind not in _WITHOUT_EVENTS and not kind.startswith("fuse")


def _mounts() -> list[str]:
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
