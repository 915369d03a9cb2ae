"""Turns verdicts into facts: rules about commits count commits, rules about a workspace count changes of its state.

Each commit that breaks a rule is a violation; an amend only if the commit that it replaced was none. A workspace that
breaks a rule is one violation, and another only after the rule was satisfied again.

Owns this for one evaluation of one workspace. Pure, any thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from obsd.facts import Fact, RuleBroken, RuleKept
from obsd.rules.registry import COMMIT_RULES, RULES, WORKSPACE_RULES
from obsd.rules.rule import Commit, Limit, Tree, Verdict, is_on


class Verdicts:
    """`limits` has each rule's setting, `is_broken` its earlier state; `facts` is the result."""

    def __init__(
        self, workspace: str, at: float, limits: Mapping[str, Limit], is_broken: Callable[[str], bool]
    ) -> None:
        self._workspace = workspace
        self._at = at
        self._limits = limits
        self._broken = {rule.name: is_broken(rule.name) for rule in RULES}
        self.facts: list[Fact] = []
        self.again_at: float | None = None

    def commits(self, commits: Iterable[Commit]) -> None:
        """Evaluates commits, oldest first."""
        for commit in commits:
            for rule in COMMIT_RULES:
                if is_on(self._limits[rule.name]):
                    self._note(rule.name, rule.judge(commit, self._limits[rule.name]), each=not commit.amended)

    def tree(self, tree: Tree) -> None:
        """Evaluates the present state of the workspace."""
        for rule in WORKSPACE_RULES:
            if is_on(self._limits[rule.name]):
                verdict = rule.judge(tree, self._limits[rule.name])
                self._note(rule.name, verdict)
                if verdict is not None and verdict.again_at is not None:
                    self.again_at = min(verdict.again_at, self.again_at or verdict.again_at)

    def off(self) -> None:
        """Satisfies every rule that is turned off."""
        for rule in RULES:
            if not is_on(self._limits[rule.name]):
                self._note(rule.name, Verdict(True))

    def _note(self, rule: str, verdict: Verdict | None, *, each: bool = False) -> None:
        """Records a verdict that changes the state; with `each` also one that breaks a broken rule again."""
        if verdict is None:
            return
        if verdict.kept is not self._broken[rule] and not (each and not verdict.kept):
            return
        self._broken[rule] = not verdict.kept
        if verdict.kept:
            self.facts.append(RuleKept(at=self._at, workspace=self._workspace, rule=rule))
            return
        self.facts.append(
            RuleBroken(
                at=self._at,
                workspace=self._workspace,
                rule=rule,
                subject=verdict.subject,
                detail=verdict.detail,
            )
        )
