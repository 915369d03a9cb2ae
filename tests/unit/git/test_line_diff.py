"""What became of the lines of a file: the hunks alone turn one content into the other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from obsd.git import line_diff

contents = st.lists(st.sampled_from([b"a\n", b"b\n", b"\n", b"c\r\n", b"}\n"]), max_size=12).map(b"".join)
unfinished = st.builds(lambda data, tail: data + tail, contents, st.sampled_from([b"", b"a", b"z"]))


def split(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True) if b"\r" not in data else [part for part in _by_line_feed(data) if part]


def _by_line_feed(data: bytes) -> list[bytes]:
    parts = data.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + [parts[-1]]


@given(unfinished, unfinished)
def test_the_hunks_turn_the_old_lines_into_the_new_ones(old: bytes, new: bytes) -> None:
    found = line_diff.compare(old, new)
    assert found is not None
    assert found.hunks is not None
    before, after = split(old), split(new)
    assert found.lines == len(after)
    built: list[bytes] = []
    at = 0
    for start, gone, came in zip(found.hunks[::3], found.hunks[1::3], found.hunks[2::3], strict=True):
        built += before[at:start]
        built += after[len(built) : len(built) + came]
        at = start + gone
    built += before[at:]
    assert built == after
    assert sum(found.hunks[2::3]) == found.added
    assert sum(found.hunks[1::3]) == found.removed


def test_an_edit_in_too_many_places_is_counted_and_not_told_place_by_place() -> None:
    old = b"".join(b"%d\n" % number for number in range(4 * line_diff.MAX_HUNKS))
    new = old.replace(b"1\n", b"x\n")
    found = line_diff.compare(old, new)
    assert found is not None
    if found.hunks is not None:
        assert len(found.hunks) <= 3 * line_diff.MAX_HUNKS
    every_second = b"".join(b"%d\n" % (number if number % 2 else -number) for number in range(4 * line_diff.MAX_HUNKS))
    found = line_diff.compare(old, every_second)
    assert found is not None
    assert found.hunks is None
    assert found.added == found.removed == 2 * line_diff.MAX_HUNKS - 1


def test_a_content_with_a_zero_byte_is_binary() -> None:
    assert line_diff.compare(b"a\n", b"a\0\n") is None
