"""The lines of `obsctl tail` on a terminal: a change with its author in one line, saves of one file in a row as one.

Owns the line that was written last, which is written again when more belongs to it: another save of the file, or its
author. Pure.
"""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len

from obsctl.fact_lines import line, who_wrote
from obsctl.fitted_table import cut

Fact = dict[str, Any]
_UP_AND_CLEAR = "\x1b[1A\r\x1b[2K"
_OF_AUTHOR = ("agent", "evidence", "session", "program")
_RULES = ("RuleBroken", "RuleKept")
"""They are no louder than the work: one row each."""


class TailScreen:
    """What is printed for each fact, on a terminal so many cells wide."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._row: Fact = {}
        self._authors: dict[int, Fact | None] = {}
        """Of each change of the last line, as far as it is known."""
        self._last = ""
        self._author: tuple[str, ...] | None = None

    def text(self, fact: Fact, at: float) -> str:
        """Returns what to print for a fact at a time in Unix seconds, with its end of line; empty for nothing."""
        if cell_len(self._last) < self._width and self._joins(fact):
            return self._again(at)
        before, self._author = self._author, who_wrote(fact)
        if self._author is not None and (self._author == before or fact["agent"] == "unknown"):
            return ""  # the line of the change names nobody
        self._row = fact if fact["kind"] == "FileChanged" else {}
        self._authors = {fact["change"]: None} if self._row else {}
        text = line(fact, at)
        self._last = cut(text, self._width) if fact["kind"] in _RULES else text
        return f"{self._last}\n"

    def _joins(self, fact: Fact) -> bool:
        """Whether a fact belongs to the last line, which has it then."""
        row = self._row
        if not row or (fact["workspace"], fact.get("path")) != (row["workspace"], row["path"]):
            return False
        if fact["kind"] == "ChangeAttributed" and fact["change"] in self._authors:
            if any(one is not None and one["agent"] != fact["agent"] for one in self._authors.values()):
                return False
            self._authors[fact["change"]] = fact
            return True
        if not (_is_save(fact) and _is_save(row)):
            return False
        self._authors[fact["change"]] = None
        sums = {key: row[key] + fact[key] for key in ("lines_added", "lines_removed")}
        self._row = {**row, **sums, "saves": row.get("saves", 1) + 1}
        return True

    def _again(self, at: float) -> str:
        # An author is named for all saves of a line, or for none.
        known = [one for one in self._authors.values() if one is not None]
        whole = len(known) == len(self._authors)
        self._last = line({**self._row, **{key: known[0][key] for key in _OF_AUTHOR}} if whole else self._row, at)
        return f"{_UP_AND_CLEAR}{self._last}\n"


def _is_save(fact: Fact) -> bool:
    return fact["kind"] == "FileChanged" and fact["operation"] == "modified" and fact["lines_added"] is not None
