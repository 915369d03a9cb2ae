"""`agent_on_default_branch`: a commit by an agent goes straight to the default branch. A merge does not."""

from __future__ import annotations

from obsd.facts import UNKNOWN_AGENT
from obsd.rules.rule import KEPT, Commit, CommitRule, Verdict, broken, switch


def judge(commit: Commit, _: bool) -> Verdict | None:
    """Says nothing of what people commit."""
    if commit.agent == UNKNOWN_AGENT or commit.kind == "merge" or not commit.default_branch:
        return None
    if commit.branch != commit.default_branch:
        return KEPT
    return broken(commit.commit_id, f"{commit.agent} committed to {commit.branch}, the default branch")


RULE = CommitRule(
    "agent_on_default_branch", "a commit by an agent goes straight to the default branch", switch(), True, judge
)
