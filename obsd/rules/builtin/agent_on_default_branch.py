"""`agent_on_default_branch`: an agent commits directly to the default branch. Merges are exempt."""

from __future__ import annotations

from obsd.facts import UNKNOWN_AGENT
from obsd.rules.rule import KEPT, Commit, CommitRule, Verdict, broken, switch


def judge(commit: Commit, _: bool) -> Verdict | None:
    """Returns None for commits by people."""
    if commit.agent == UNKNOWN_AGENT or commit.kind == "merge" or not commit.default_branch:
        return None
    if commit.branch != commit.default_branch:
        return KEPT
    return broken(commit.commit_id, f"{commit.agent} committed to {commit.branch}, the default branch")


RULE = CommitRule("agent_on_default_branch", "an agent commits directly to the default branch", switch(), True, judge)
