"""Which evidence of the last minutes belongs to a change."""

from __future__ import annotations

from dataclasses import replace

from obsd.authorship.evidence import Change, Write
from obsd.authorship.evidence_memory import EvidenceMemory

T = 1_800_000_000.0
CHANGE = Change(7, T, "w", "a.py", "modified", T - 60, 3, 1)


def test_what_git_wrote_a_while_ago_is_no_part_of_a_later_edit() -> None:
    memory = EvidenceMemory()
    switched = Write(T - 20, "codex", "s", "git")
    applied, typed = Write(T - 2, "codex", "s", "git"), Write(T - 1, "person", "", "vim")
    for write in (switched, applied, typed):
        memory.add_write("w", "a.py", write)
    assert memory.writes(CHANGE) == [applied, typed]
    assert memory.writes(replace(CHANGE, at=T + 10)) == [typed]


def test_a_loss_is_of_what_was_compared_soon_after_it() -> None:
    memory = EvidenceMemory()
    memory.add_lost(T - 10, T - 5)
    assert [write.unseen for write in memory.writes(CHANGE)] == [True]
    assert memory.writes(replace(CHANGE, since=T - 5)) == []
    assert memory.writes(replace(CHANGE, at=T - 11)) == []
    assert memory.writes(replace(CHANGE, at=T + 60, since=0.0)) == []
