"""Lines as notes have them: pieces without a gap, and nothing but the lines of unknown authors."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from obsd.origins.commit_lines import Origin, Placed
from obsd.origins.noted_lines import Noted, cut, ordered, with_notes

UNKNOWN = Origin(agent="unknown")
SMALL = st.integers(0, 12)


def test_a_note_has_a_say_on_lines_of_unknown_authors_alone() -> None:
    places = [Placed(0, 4, UNKNOWN), Placed(4, 2, Origin(7)), Placed(8, 3, Origin(8))]
    claims = ordered([Noted(2, 100, "codex")])
    noted = Origin(agent="codex", evidence="note")
    assert with_notes(places, claims, {UNKNOWN, Origin(8)}) == [
        Placed(0, 2, UNKNOWN),
        Placed(2, 2, noted),
        Placed(4, 2, Origin(7)),
        Placed(8, 3, noted),
    ]


@given(st.lists(st.builds(Noted, SMALL, SMALL, st.sampled_from("abc"))), SMALL, SMALL)
def test_each_line_is_of_a_claim_that_has_it(claims: list[Noted], start: int, lines: int) -> None:
    pieces = list(cut(start, lines, ordered(claims)))
    found = [(at, claim) for begin, length, claim in pieces for at in range(begin, begin + length)]
    assert [at for at, _ in found] == list(range(start, start + lines))
    for at, claim in found:
        first = next((one for one in sorted(claims) if one.start <= at < one.start + one.lines), None)
        assert (first is None) == (claim is None)
        assert claim is None or any(
            one.agent == claim.agent and one.start <= at < one.start + one.lines for one in claims
        )
