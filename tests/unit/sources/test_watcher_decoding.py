"""What becomes of a watcher's batch."""

from __future__ import annotations

from typing import Any

from obsd.facts import FileChanged, GitChangedFiles, LineEdit, TreeUpdated, WorkDiscarded
from obsd.sources.watcher_decoding import facts_of

_ONE, _TWO = "1" * 40, "2" * 40


def _batch(**parts: Any) -> list[Any]:
    empty = {"at": 9.0, "changes": [], "states": [], "git": [], "discards": [], "begins": False, "complete": False}
    return ["batch", empty | parts]


def test_a_change_has_its_own_time_content_and_edit() -> None:
    changes = [
        ["modified", "a.py", 1, 0, "", "", _ONE, [_TWO, 3, [2, 0, 1]], 5.0],
        ["deleted", "b.py", 0, 2, "", "", "", None, 6.0],
    ]
    states = [["a.py", 3, 1, 7, _ONE], ["b.py", -1, 0, 0, ""]]
    changed, deleted, tree = facts_of("shop", _batch(changes=changes, states=states))
    assert isinstance(changed, FileChanged)
    assert (changed.at, changed.content_id, changed.edit) == (5.0, _ONE, LineEdit(_TWO, 3, (2, 0, 1)))
    assert isinstance(deleted, FileChanged)
    assert (deleted.at, deleted.content_id, deleted.edit) == (6.0, "", None)
    assert isinstance(tree, TreeUpdated)
    assert tree.forgotten == ("b.py",)


def test_what_git_wrote_and_discarded_is_a_fact_for_each_operation() -> None:
    written = [["restore", 2], ["merge", 3]]
    facts = facts_of("shop", _batch(git=written, discards=[["restore", 1, 4]]))
    assert facts == [
        GitChangedFiles(9.0, "shop", "restore", 2),
        GitChangedFiles(9.0, "shop", "merge", 3),
        WorkDiscarded(9.0, "shop", "restore", 1, 4),
    ]
