"""Label values: names from outside are shown escaped, as a keyed hash, or not at all.

Owns the guarantee that no label has a name that the configuration hides. Hashes are keyed by a salt in the ledger, so
that they cannot be reversed by hashing likely names, and stay the same after a restart. Any thread.
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
    """Returns the function that shows a label's values: `names` are those in use, oldest first.

    Only as many as the settings allow are shown: a limit may have been lowered since they got their place.
    """
    if label_name == "filename":
        return _limited(_by_mode(settings.filenames, salt), names, settings.files_per_workspace)
    if label_name == "author":
        return _limited(_by_mode(settings.authors, salt), names, settings.authors_per_workspace)
    if label_name == "branch":
        return _limited(label, names, settings.branches_per_workspace)
    return label


def hashed(name: str, salt: bytes) -> str:
    """Returns sixteen hexadecimal digits in place of a name."""
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
