"""`uncommitted_minutes`: the oldest uncommitted change of the running session is older than the limit."""

from __future__ import annotations

from obsd.rules.rule import KEPT, Tree, Verdict, WorkspaceRule, broken, number


def judge(tree: Tree, limit: float) -> Verdict | None:
    """The subject is the file that has waited longest."""
    if tree.uncommitted is None:
        return None
    waiting = [(at, path) for path, at in tree.uncommitted_since.items() if path in tree.uncommitted]
    if not waiting:
        return KEPT
    at, path = min(waiting)
    due = at + limit * 60
    if tree.now <= due:
        return Verdict(True, again_at=due)
    minutes = (tree.now - at) / 60
    return broken(path, f"changed {minutes:.0f} min ago and not committed; the limit is {limit:g} min")


RULE = WorkspaceRule(
    "uncommitted_minutes",
    "the oldest uncommitted change in a running session is older",
    number(60),
    60,
    judge,
    frozenset({"status"}),
)
