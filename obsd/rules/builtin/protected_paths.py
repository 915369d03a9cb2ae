"""`protected_paths`: a session in which an agent is at work changes a protected path."""

from __future__ import annotations

from obsd.rules.path_patterns import matches
from obsd.rules.rule import KEPT, Tree, Verdict, WorkspaceRule, broken, texts

DEFAULT = (".env", "*.pem", ".github/workflows/**")


def judge(tree: Tree, patterns: tuple[str, ...]) -> Verdict | None:
    """The subject is the first such path of the session; satisfied again when the session has ended."""
    if not tree.agents:
        return KEPT
    for path in tree.changed:
        for pattern in patterns:
            if matches(path, pattern):
                return broken(path, f"matches {pattern}; changed in a session of {', '.join(tree.agents)}")
    return KEPT


RULE = WorkspaceRule("protected_paths", "an agent's session changes one", texts(*DEFAULT), DEFAULT, judge)
