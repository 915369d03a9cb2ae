"""Where the entries of git's index begin in its bytes, and which names came or went since it was read before.

gitformat-index(5), versions 2 and 3. An entry that is there byte by byte as before is not parsed again: git writes the
whole index for one added file, and in a large repository hardly anything of it is new.
"""

from __future__ import annotations

import struct
from array import array

Data = bytes | bytearray

STAT = struct.Struct(">10I")
FLAGS = struct.Struct(">H")
NAME_MASK = 0xFFF
EXTENDED = 0x4000

_MOST_AT_ONCE = 4096


def parse(data: Data, at: int, count: int, id_bytes: int) -> tuple[array[int], int]:
    """Returns where the `count` entries from `at` on begin, and where they end."""
    found = array("Q")
    fixed = STAT.size + id_bytes
    flags_at = FLAGS.unpack_from
    for _ in range(count):
        found.append(at)
        (flags,) = flags_at(data, at + fixed)
        start = at + fixed + (4 if flags & EXTENDED else 2)
        length = flags & NAME_MASK
        end = start + length if length < NAME_MASK else data.index(b"\0", start)
        at += (end - at + 8) & ~7
    return found, at


def name_at(data: Data, at: int) -> bytes:
    """Returns the name of the entry whose flags are at `at`."""
    (flags,) = FLAGS.unpack_from(data, at)
    start = at + (4 if flags & EXTENDED else 2)
    length = flags & NAME_MASK
    end = start + length if length < NAME_MASK else data.index(b"\0", start)
    return bytes(data[start:end])


class Following:
    """The entries of `data`, found by those of `old`: `offsets`, their `end`, and the names that came or went.

    A name may be in `touched` although it did neither (one in conflict has several entries); none is missing.
    """

    def __init__(self, data: Data, at: int, count: int, id_bytes: int, old: tuple[Data, array[int]]) -> None:
        """Raises struct.error, ValueError."""
        self.offsets = array("Q")
        self.end = at
        self.touched: set[bytes] = set()
        self._data, self._id_bytes = data, id_bytes
        self._old, self._old_offsets = old
        self._passed = 0  # of the old entries
        self._follow(count)

    def _follow(self, count: int) -> None:
        step = 1
        while len(self.offsets) < count:
            # Where the last old entry ends is not known: it is always parsed.
            many = min(step, len(self._old_offsets) - 1 - self._passed, count - len(self.offsets))
            if many > 0 and self._take_equal(many):
                step = min(2 * step, _MOST_AT_ONCE)
            elif many > 1:
                step = many // 4 or 1
            else:
                step = 1
                self._take_one()
        self._touch_until(None)

    def _take_equal(self, many: int) -> bool:
        """Takes over so many entries if they are there byte by byte."""
        start, stop = self._old_offsets[self._passed], self._old_offsets[self._passed + many]
        if self._old[start:stop] != self._data[self.end : self.end + stop - start]:
            return False
        shift = self.end - start
        part = self._old_offsets[self._passed : self._passed + many]
        self.offsets.extend(array("Q", [offset + shift for offset in part]) if shift else part)
        self._passed += many
        self.end += stop - start
        return True

    def _take_one(self) -> None:
        offsets, end = parse(self._data, self.end, 1, self._id_bytes)
        name = self._name(self._data, self.end)
        if self._touch_until(name) == name:
            self._passed += 1
        else:
            self.touched.add(name)
        self.offsets.extend(offsets)
        self.end = end

    def _touch_until(self, name: bytes | None) -> bytes | None:
        """Passes the old entries before `name`, which are gone (None: all); returns the next one's name, if any."""
        while self._passed < len(self._old_offsets):
            gone = self._name(self._old, self._old_offsets[self._passed])
            if name is not None and gone >= name:
                return gone
            self.touched.add(gone)
            self._passed += 1
        return None

    def _name(self, data: Data, offset: int) -> bytes:
        return name_at(data, offset + STAT.size + self._id_bytes)
