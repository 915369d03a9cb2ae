"""`uncommitted_files`: more files than the limit differ from HEAD."""

from __future__ import annotations

from obsd.rules.rule import KEPT, Tree, Verdict, WorkspaceRule, broken, number


def judge(tree: Tree, limit: float) -> Verdict | None:
    """The subject is the file of the session that changed last, or the first by name."""
    if tree.uncommitted is None:
        return None
    count = len(tree.uncommitted)
    if count <= limit:
        return KEPT
    newest = max(tree.uncommitted_since, key=lambda path: tree.uncommitted_since[path], default="")
    subject = newest if newest in tree.uncommitted else min(tree.uncommitted)
    return broken(subject, f"{count} files differ from HEAD; the limit is {limit:g}")


RULE = WorkspaceRule(
    "uncommitted_files",
    "more files than that differ from HEAD",
    number(50),
    50,
    judge,
    frozenset({"status"}),
)
