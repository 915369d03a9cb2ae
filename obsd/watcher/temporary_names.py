"""Names that a program writes under before it renames the file to what it is meant to be.

Some are unmistakable and are never seen unless they are tracked (`HIDDEN`). Others could be a file of somebody's:
those wait before they count as created (`Provisional`), because a rename makes them a save of another file. Pure
but for the clock that callers pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

HIDDEN = re.compile(
    r"""
      .*~                                   # emacs, vim and many others: backup
    | \#.*\#  | \.\#.*                      # emacs: autosave, lock
    | \..*\.sw[a-z]                         # vim: swap
    | .*___jb_(?:tmp|old)___                # JetBrains: safe write
    | \.goutputstream-.{6}                  # GLib: safe write
    | \.~.+                                 # LibreOffice: lock; Jupyter: safe write
    | ~\$.+  | lu[0-9a-z]{6,}\.tmp          # office programs: lock, safe write
    | .*\.kate-swp                          # kate: swap
    | \.subl[0-9a-f]+\.tmp                  # Sublime Text: safe write
    | .+\.tmp\.\d+(?:\.[0-9a-f]+)?          # Claude Code, write-file-atomic: the process and a number
    | .+\.[0-9a-f]{8,}\.tmp                 # Droid and others: a random number
    | (?:\.|~)syncthing(?:\.|~).+\.tmp      # Syncthing
    | .+_(?:BACKUP|BASE|LOCAL|REMOTE)_\d+(?:\..*)?  # git mergetool
    | \.nfs[0-9a-f]{12,}  | \.fuse_hidden[0-9a-f]{8,}  # a removed file that is still open
    """,
    re.VERBOSE | re.DOTALL,
)

HIDDEN_FOLDERS = frozenset({".ipynb_checkpoints", ".git-rewrite"})
"""Copies that Jupyter makes at each save, and where `git filter-branch` works."""

ENDS_OF_BACKUPS = ("~", "___jb_old___")
"""What editors (vim, emacs; JetBrains') add to a file's name to move it aside while they write it anew."""

HOLD_SECONDS = 10.0
"""How long a file that may be temporary has to be quiet, and open nowhere, before it counts as created; and how long
one that was moved to its backup's name may be away before it counts as deleted."""

_ALONE = re.compile(r"(?:tmp[a-z0-9_]{8}(?:\..*)?|\.tmp\w{6,}|sed(?=\w*[0-9A-Z])\w{6})", re.DOTALL)
"""Suspicious by itself: Python's tempfile, Rust's and GNU sed's."""

SHORT_HOLD_SECONDS = 2.0
"""The same where only another's whole name in its own is suspicious: `NAME.anything`, `.anything-NAME`."""

_WORD = re.compile(r"tmp|temp|new|part|partial|atomic|\d{2,}|[0-9a-f]{6,}|(?=\w*[0-9A-Z])\w{6,}")
_SEPARATOR = re.compile(r"[._~-]")
_ANY_SEPARATOR = re.compile(r"[._~#-]")
_MARKS = "._~#"
_MOST_CUTS = 8
_RSYNC_LETTERS = 6
_MOST_HELD = 4096


def backup_of(name: str) -> str | None:
    """The name of the file that `name` is a backup of (`git mergetool`, patch(1), hg), if it looks like one."""
    return name.removesuffix(".orig") if name.endswith(".orig") and name != ".orig" else None


def hold_seconds(name: str, is_known: Callable[[str], bool]) -> float:
    """How long a new file has to be quiet, because it may be renamed to another name soon; 0 for one that is not
    suspicious. `is_known` knows the names in the same folder."""
    if _ALONE.fullmatch(name):
        return HOLD_SECONDS
    cuts = [match.start() for match in _ANY_SEPARATOR.finditer(name)]
    whole = any(map(is_known, _whole_names(name, cuts[:_MOST_CUTS])))
    if not whole and len(cuts) <= _MOST_CUTS:
        return 0.0  # what it may be a temporary name of is a whole name in it, too
    if any(map(is_known, _originals(name))):
        return HOLD_SECONDS
    return SHORT_HOLD_SECONDS if whole else 0.0


def _whole_names(name: str, cuts: list[int]) -> Iterator[str]:
    """All parts between separators that end within the name, or that begin within it behind a mark."""
    starts = [0, *(cut + 1 for cut in cuts)] if name[0] in _MARKS else [0]
    for start in starts:
        for end in (*cuts, len(name)):
            if start < end and end - start < len(name):
                yield name[start:end]


def _originals(name: str) -> Iterator[str]:
    """Names of which `name` may be a temporary one: `f.Ab12Cd`, `.f.Ab12Cd`, `f-1234.tmp` of `f`."""
    yield from _cut(name, rsync=False)
    if name.startswith("."):
        yield from _cut(name[1:], rsync=True)


def _cut(name: str, rsync: bool) -> Iterator[str]:
    for separator in _SEPARATOR.finditer(name):
        original, rest = name[: separator.start()], name[separator.end() :]
        if not original or not rest:
            continue
        letters = rsync and len(rest) == _RSYNC_LETTERS and rest.isalnum()
        if letters or all(_WORD.fullmatch(word) for word in _SEPARATOR.split(rest)):
            yield original


class Provisional:
    """New files that may be temporary, and when each is believed to stay; files that were moved aside, and when each is
    believed to be gone. Monotonic times, in seconds."""

    def __init__(self) -> None:
        self._due: dict[float, dict[str, float]] = {HOLD_SECONDS: {}, SHORT_HOLD_SECONDS: {}}
        self._stay: set[str] = set()

    def hold(self, path: str, now: float, seconds: float) -> bool:
        """Puts a file off that changed now; False when it stayed for long enough, or too many wait. `seconds` is one of
        the two constants."""
        due = self._due[seconds]
        if path in self._stay or (path not in due and len(due) >= _MOST_HELD):
            return False
        due.pop(path, None)
        due[path] = now + seconds
        return True

    def gone(self, path: str) -> None:
        """The file is not there any more, or is known now."""
        for due in self._due.values():
            due.pop(path, None)
        self._stay.discard(path)

    def stayed(self, now: float) -> list[str]:
        """Takes out those that have been quiet for long enough; each is held no more."""
        found = [path for due in self._due.values() for path in _over(due, now)]
        for path in found:
            for due in self._due.values():
                due.pop(path, None)
        self._stay.update(found)
        return found

    def deadline(self) -> float | None:
        """When the next one is due: the first of each kind, because one that is put off again is put at the end."""
        return min((next(iter(due.values())) for due in self._due.values() if due), default=None)


def _over(due: dict[str, float], now: float) -> Iterator[str]:
    for path, end in due.items():
        if end > now:
            return
        yield path
