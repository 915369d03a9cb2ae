"""Lines of commits by author: each line once, by the nearest content that knows it."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from obsd.facts import OriginLines
from obsd.origins.commit_lines import Known, Origin, Source, classes, grown, origins, whole
from obsd.origins.runs import Run

UNKNOWN = Origin(agent="unknown")


def test_a_known_content_gives_each_added_line_its_change() -> None:
    known = Known("aa", (Run(2, 7), Run(3, 0), Run(1, 9)))
    assert origins((0, 3, 5, 1), [whole(known)]) == {Origin(7): 2, Origin(base_id="aa"): 1, Origin(9): 1}


def test_a_line_that_no_source_has_is_unknown() -> None:
    source = Source((0, 0, 2), Known("", (Run(2, 7),)))
    assert origins((0, 4), [source]) == {Origin(7): 2, UNKNOWN: 2}


def test_the_first_source_that_says_something_is_believed() -> None:
    silent = Source((0, 0, 4), None)
    first = Source((1, 5, 1), Known("", (Run(5, 1), Run(1, 2))))
    second = Source((0, 0, 4), None, "imported")
    assert origins((0, 4), [silent, first, second]) == {Origin(2): 1, Origin(agent="imported"): 3}


def test_a_change_that_a_later_source_names_goes_before_where_the_line_was() -> None:
    edited_after_a_merge = Source((0, 0, 4), Known("mm", (Run(3, 0), Run(1, 9))))
    other_parent = Source((0, 2, 1), Known("", (Run(4, 5),)))
    assert origins((0, 4), [edited_after_a_merge, other_parent]) == {
        Origin(9): 1,
        Origin(5): 1,
        Origin(base_id="mm"): 2,
    }


@given(st.lists(st.integers(0, 4), max_size=30), st.data())
def test_all_lines_have_exactly_one_origin(numbers: list[int], data: st.DataObject) -> None:
    known = Known("aa", tuple(Run(1, number) for number in numbers))
    length = len(numbers) + 3
    cuts = sorted(data.draw(st.sets(st.integers(0, length), max_size=8)))
    places = [number for start, end in zip(cuts[::2], cuts[1::2], strict=False) for number in (start, end - start)]
    found = origins(places, [whole(known)])
    assert sum(found.values()) == sum(places[1::2])
    expected: Counter[Origin] = Counter()
    for start, lines in zip(places[::2], places[1::2], strict=True):
        for line in range(start, start + lines):
            number = numbers[line] if line < len(numbers) else None
            expected[UNKNOWN if number is None else Origin(number) if number else Origin(base_id="aa")] += 1
    assert found == expected


def test_classes_name_authors_and_where_other_lines_come_from() -> None:
    found = {Origin(7): 5, Origin(8): 1, Origin(9): 2, Origin(base_id="aa"): 3, Origin(base_id="bb"): 1, UNKNOWN: 1}
    authors = {7: ("claude", "writer"), 8: ("claude", "writer"), 9: ("person", "writer")}
    assert classes(found, authors, {"aa"}) == (  # type: ignore[arg-type]
        OriginLines("claude", "writer", 6),
        OriginLines("imported", "none", 3),
        OriginLines("person", "writer", 2),
        OriginLines("before", "none", 1),
        OriginLines("unknown", "none", 1),
    )


def test_counters_of_a_new_commit_grow_by_its_lines() -> None:
    now = (OriginLines("claude", "writer", 6), OriginLines("person", "writer", 2))
    assert grown(now, (), 8) == now


def test_counters_of_an_amended_commit_grow_by_what_is_new() -> None:
    counted = (OriginLines("claude", "writer", 6),)
    now = (OriginLines("claude", "writer", 4), OriginLines("person", "writer", 5))
    assert grown(now, counted, 3) == (OriginLines("person", "writer", 3),)
    assert grown(now, counted, 0) == ()


def test_lines_that_only_an_earlier_form_of_a_commit_had_are_unknown() -> None:
    assert grown((OriginLines("claude", "writer", 8),), (), 10) == (
        OriginLines("claude", "writer", 8),
        OriginLines("unknown", "none", 2),
    )


def test_a_content_whose_lines_were_not_measured_says_nothing_of_them() -> None:
    unmeasured = Source((0, 2, 3), Known("", ()))
    shorter = Source((0, 0, 3), Known("", (Run(2, 7),)))
    assert origins((0, 3), [unmeasured, shorter, Source((0, 0, 2), Known("", (Run(2, 8),)))]) == {
        Origin(8): 2,
        UNKNOWN: 1,
    }
