"""How names from outside appear in labels: as they are (escaped), as a keyed hash, or not at all.

Owns the rule that no label holds what the configuration hides. Hashes are keyed by a salt of the ledger, so that
names cannot be found out by hashing likely ones, and stay the same from start to start. Any thread.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from obsd.text import label
from obsd.views.metrics.label_limits import OTHER
from obsd.views.settings import ViewSettings

Namer = Callable[[str], str]

_HASH_BYTES = 8
_SALT_BYTES = 64


def namer(label_name: str, settings: ViewSettings, salt: bytes, names: Iterable[str]) -> Namer:
    """What shows the values of a label: `names` are those in use, oldest first.

    Only as many as the settings allow are told apart: a limit may have been lowered since they got their place.
    """
    if label_name == "filename":
        return _limited(_by_mode(settings.filenames, salt), names, settings.files_per_workspace)
    if label_name == "author":
        return _limited(_by_mode(settings.authors, salt), names, settings.authors_per_workspace)
    if label_name == "branch":
        return _limited(label, names, settings.branches_per_workspace)
    return label


def hashed(name: str, salt: bytes) -> str:
    """Sixteen hexadecimal digits that stand for a name."""
    data = name.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, key=salt[:_SALT_BYTES], digest_size=_HASH_BYTES).hexdigest()


def _by_mode(mode: str, salt: bytes) -> Namer:
    if mode == "off":
        return lambda name: OTHER
    if mode == "hashed":
        return lambda name: hashed(name, salt)
    return label


def _limited(show: Namer, names: Iterable[str], limit: int) -> Namer:
    own = [name for name in dict.fromkeys(names) if name != OTHER][:limit]
    table = {name: show(name) for name in own}
    return lambda name: table.get(name, OTHER)
