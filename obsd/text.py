"""Escapes text from outside: the same way for terminals, labels, JSON and the API.

File names, authors, branches and messages may contain any bytes. Printable characters stay; control characters, bidi
controls and bytes that are not UTF-8 become escapes, so that no name can move a cursor or hide in a log.
"""

from __future__ import annotations

import hashlib

MAX_LABEL_CHARACTERS = 200


def printable(text: str) -> str:
    r"""Returns `text` with `\n`, `\xNN` and `\uNNNN` escapes for everything not printable, on one line.

    Surrogates that `os.fsdecode` made of bytes that are not UTF-8 become `\xNN`; a backslash stays as it is.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escape(char) for char in text)


def label(text: str) -> str:
    """Returns `printable(text)` of at most 200 characters; a longer one ends in `…` and a hash, and stays unique."""
    shown = printable(text)
    if len(shown) <= MAX_LABEL_CHARACTERS:
        return shown
    digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return f"{shown[: MAX_LABEL_CHARACTERS - 13]}…{digest}"


def _escape(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if char in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[char]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
