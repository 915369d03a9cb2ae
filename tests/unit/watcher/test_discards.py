"""Work that was put aside is recognised when it is back, whatever a linter did to the file in between."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from obsd.watcher import line_sets
from obsd.watcher.discards import Work

PLACES = st.integers(0, 8)
BASE = tuple(f"line {number}" for number in range(9))


def content(lines: list[str], end: str = "\n") -> bytes:
    return ("\n".join(lines) + end).encode()


def edited(lines: list[str], mark: str, inserted: set[int], removed: set[int]) -> list[str]:
    """The lines with others before some of them, and without some; `lines` are those of BASE, changed or not."""
    found: list[str] = []
    for line in lines:
        number = int(line.split()[1]) if line.startswith("line") else None
        if number in inserted:
            found.append(f"{mark} before {number}")
        if number is None or number not in removed:
            found.append(line)
    return found


@given(st.sets(PLACES, min_size=1), st.sets(PLACES), st.sets(PLACES), st.sets(PLACES))
def test_work_is_back_behind_a_linter(
    inserted: set[int], removed: set[int], lint_inserted: set[int], lint_removed: set[int]
) -> None:
    """The linter leaves the lines alone that the work is about: else no patch could be applied."""
    base = list(BASE)
    work = Work(b"id", content(edited(base, "work", inserted, removed)), content(base))
    linted = edited(base, "lint", lint_inserted, lint_removed - removed - inserted)
    back = edited(linted, "work", inserted, removed)
    assert work.makes(b"other", content(linted), content(back))
    assert work.is_within(content(back))
    assert not work.makes(b"other", content(linted), content(linted)), "it is not back yet"
    assert work.makes(b"other", content(base), content(back)) is (linted == base), "there may be more than the work"


def test_the_same_content_is_the_work_however_much_of_it_is_known() -> None:
    assert Work(b"id").makes(b"id", None, None)
    assert not Work(b"id").makes(b"other", b"a\n", b"b\n")
    assert not Work(b"id").is_within(b"b\n")
    assert Work(b"id").lines == 0


def test_moved_lines_prove_nothing() -> None:
    work = Work(b"id", b"b\na\n", b"a\nb\n")
    assert not work.is_within(b"b\na\n")
    assert not work.makes(b"other", b"a\nb\n", b"b\na\n")


def test_a_line_that_is_there_twice_counts_twice() -> None:
    change = line_sets.between(b"a\n", b"a\na\na\n")
    assert (change.added.total(), change.removed.total()) == (2, 0)
    assert line_sets.between(b"a\n", b"a\na\n").within(change)
    assert not change.within(line_sets.between(b"a\n", b"a\na\n"))


def test_a_last_line_without_its_end_is_another() -> None:
    assert line_sets.between(b"a\n", b"a")
    assert not line_sets.between(b"a\n", b"a\n")
