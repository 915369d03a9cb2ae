"""`protected_paths`: an agent writes to a protected path."""

from __future__ import annotations

from obsd.rules.path_patterns import matches
from obsd.rules.rule import KEPT, Tree, Verdict, WorkspaceRule, broken, texts

DEFAULT = (".env", "*.pem", ".github/workflows/**")


def judge(tree: Tree, patterns: tuple[str, ...]) -> Verdict | None:
    """The subject is the first such path of the session; satisfied again when the session has ended."""
    for path, (agent, evidence) in tree.by_agents.items():
        for pattern in patterns:
            if matches(path, pattern):
                return broken(path, f"matches {pattern}; written by {agent} ({evidence})")
    return KEPT


RULE = WorkspaceRule("protected_paths", "an agent writes to one", texts(*DEFAULT), DEFAULT, judge)
