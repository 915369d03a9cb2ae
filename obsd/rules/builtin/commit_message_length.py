"""`commit_message_length`: a subject is shorter than the limit. Merges are exempt: git writes their messages."""

from __future__ import annotations

from obsd.rules.rule import KEPT, Commit, CommitRule, Verdict, broken, number


def judge(commit: Commit, limit: float) -> Verdict | None:
    """Counts characters."""
    if commit.kind == "merge":
        return None
    length = len(commit.subject)
    if length >= limit:
        return KEPT
    return broken(commit.commit_id, f"the subject has {length} characters; at least {limit:g} are required")


RULE = CommitRule("commit_message_length", "a subject is shorter", number(20), 20, judge)
