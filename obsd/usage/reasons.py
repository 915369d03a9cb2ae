"""Why a vendor's number and this machine's may differ: the words of the API in plain ones. Any thread."""

from __future__ import annotations

from typing import Final

REASONS: Final = {
    "not_settled": "not settled",
    "series_changed": "the vendor counts more from this day on",
    "not_measured": "obsd does not count it",
    "not_watched": "before obsd watched",
    "watched_in_part": "obsd watched a part of the day",
    "several_people": "several people",
    "elsewhere": "another machine, or a folder that is not watched",
    "not_reported": "the agent did not report it, or another account",
    "no_figure": "the vendor has others, and not this person: telemetry off, or another account",
    "no_report": "the vendor has nothing of that day: telemetry off, or another account",
    "not_here": "not on this machine",
    "rewritten": "another commit by now",
    "not_classified": "its lines have no origin yet",
    "unknown_lines": "obsd does not know who wrote some of its lines",
    "counted_otherwise": "accepted lines there, lines by their last writer here",
}
"""docs/usage.md has more of each."""


def in_words(reasons: list[str] | tuple[str, ...]) -> str:
    """Reasons in words, or "-" without any; one that is not known stays as it is."""
    return "; ".join(REASONS.get(reason, reason) for reason in reasons) or "-"
