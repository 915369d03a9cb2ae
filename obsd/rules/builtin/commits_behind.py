"""`commits_behind`: HEAD lacks more commits of its upstream than the limit, as last fetched."""

from __future__ import annotations

from obsd.rules.rule import KEPT, Tree, Verdict, WorkspaceRule, broken, number


def judge(tree: Tree, limit: float) -> Verdict | None:
    """The subject is the upstream's commit."""
    if tree.behind is None:
        return None
    if tree.behind <= limit:
        return KEPT
    return broken(tree.upstream_id, f"HEAD lacks {tree.behind} commits of {tree.upstream}; the limit is {limit:g}")


RULE = WorkspaceRule(
    "commits_behind",
    "HEAD lacks more commits of its upstream",
    number(10),
    10,
    judge,
    frozenset({"upstream"}),
)
