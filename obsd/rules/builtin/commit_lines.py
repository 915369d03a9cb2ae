"""`commit_lines`: a commit changes more lines than the limit. Merges are exempt: their lines are other commits'."""

from __future__ import annotations

from obsd.rules.rule import KEPT, Commit, CommitRule, Verdict, broken, number


def judge(commit: Commit, limit: float) -> Verdict | None:
    """Counts lines added and removed."""
    if commit.kind == "merge":
        return None
    if commit.lines <= limit:
        return KEPT
    return broken(commit.commit_id, f"{commit.lines} lines changed; the limit is {limit:g}")


RULE = CommitRule("commit_lines", "a commit changes more lines", number(500), 500, judge)
