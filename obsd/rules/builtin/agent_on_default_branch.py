"""`agent_on_default_branch`: an agent commits directly to the default branch. Merges are exempt."""

from __future__ import annotations

from obsd.facts import is_agent
from obsd.rules.rule import KEPT, Commit, CommitRule, Verdict, broken, switch


def judge(commit: Commit, _: bool) -> Verdict | None:
    """Returns None for commits by people, and by whom is not known."""
    if not is_agent(commit.agent) or commit.kind == "merge" or not commit.default_branch:
        return None
    if commit.branch != commit.default_branch:
        return KEPT
    who = f"{commit.agent} ({commit.evidence})"
    return broken(commit.commit_id, f"{who} committed to {commit.branch}, the default branch")


RULE = CommitRule("agent_on_default_branch", "an agent commits directly to the default branch", switch(), True, judge)
