"""Who is at work: the authors of the last minutes and their last file; agents that are only there come last."""

from __future__ import annotations

from dataclasses import replace

from obsd.authorship.facts import ChangeAttributed
from obsd.facts import AgentsPresent, Fact, WorkspaceRemoved
from obsd.views import Views
from obsd.views.at_work import at_work
from obsd.views.recent import AUTHORS, BUCKET_SECONDS, BUCKETS
from tests.unit.recording import T0, Clock, changed


def fed(*facts: Fact) -> Views:
    """Views that have seen facts."""
    views = Views(Clock(T0))
    stage = views.stage()
    stage.fold(facts)
    views.apply(stage)
    return views


def test_the_last_file_of_each_author_and_those_only_present() -> None:
    one = ChangeAttributed(T0, "w", 1, "a.py", "codex", "writer", "s1", "sed", 2, 1)
    views = fed(
        AgentsPresent(T0, "w", ("claude-code", "codex")),
        changed(at=T0),
        one,
        replace(one, at=T0 + 1, path="b.py"),
        replace(one, at=T0 + 2, path="p.py", agent="person"),
    )
    found = at_work(views, ["w", "v"], T0 + 10)
    assert [(each.author, each.path, each.changes, each.present) for each in found] == [
        ("person", "p.py", 1, False),
        ("codex", "b.py", 2, False),
        ("claude-code", "", 0, True),
    ]
    assert {each.session_id for each in found} == {"1"}
    later = at_work(views, ["w"], T0 + 10 + BUCKETS * BUCKET_SECONDS)
    assert [(each.author, each.present) for each in later] == [("claude-code", True), ("codex", True)]


def test_files_of_many_authors_stay_few_and_go_with_the_workspace() -> None:
    one = ChangeAttributed(T0, "w", 1, "a.py", "", "writer", "s1", "sed", 2, 1)
    views = fed(*(replace(one, agent=f"agent-{number}") for number in range(3 * AUTHORS)))
    assert len(views.recent.workspaces["w"].files) == AUTHORS
    assert f"agent-{3 * AUTHORS - 1}" in views.recent.workspaces["w"].files
    views.recent.publish([WorkspaceRemoved(T0, "w")])
    assert at_work(views, ["w"], T0) == []
