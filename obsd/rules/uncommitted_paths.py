"""The paths that may differ from HEAD: those that `git status` named last, and those that facts have named since.

Owns when that is enough for the rules, and when git has to be asked again. In a large repository `git status` takes
seconds, whatever has changed; a rule that is kept by too many paths is kept by the true ones. Pure, on the event loop.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from obsd.facts import CommitRewritten, Fact, FileChanged, GitChangedFiles
from obsd.rules.rule import Limit, Tree, WorkspaceRule, is_on

CHEAP_SECONDS: Final = 0.1
"""A `git status` that takes no more processor time is asked each time."""
PAUSE_FACTOR: Final = 20.0
"""Two of them are at least so many times what one takes apart."""
VALID_SECONDS: Final = 300.0
"""No fact shows what `git rm --cached`, `git reset --soft` and `.git/info/exclude` change: after that git is asked."""
MAX_PATHS: Final = 20_000


class UncommittedPaths:
    """Those of one workspace. Times are seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._answer: frozenset[str] | None = None
        self._since: set[str] = set()
        self._unknown = True
        self._began_at = 0.0
        self._took_seconds = 0.0
        self.not_before = 0.0
        """When `git status` may be asked again."""

    def take(self, fact: Fact) -> None:
        """Adds the paths of a change; what git itself wrote and what is ignored from now on only git knows."""
        if isinstance(fact, FileChanged):
            self._since.update(path for path in (fact.path, fact.previous_path) if path)
            self._unknown |= len(self._since) > MAX_PATHS or fact.path.rpartition("/")[2] == ".gitignore"
        elif isinstance(fact, (GitChangedFiles, CommitRewritten)):
            self._unknown = True

    def ask(self, now: float) -> None:
        """Git is asked now: what changes from here on may be missing in its answer."""
        self._since.clear()
        self._unknown = False
        self._began_at = now

    def answer(self, paths: frozenset[str] | None, now: float, took_seconds: float) -> None:
        """Git has answered, with so much processor time; None: it could not say."""
        self._answer = paths
        self._took_seconds = took_seconds
        dear = self._took_seconds > CHEAP_SECONDS
        self.not_before = now + PAUSE_FACTOR * self._took_seconds if dear else now

    def at_most(self, now: float) -> frozenset[str] | None:
        """Returns paths among which all are that differ from HEAD; None where git has to say it."""
        cheap = self._took_seconds <= CHEAP_SECONDS
        if self._answer is None or self._unknown or cheap or now - self._began_at >= VALID_SECONDS:
            return None
        return self._answer | self._since


def are_kept(rules: tuple[WorkspaceRule, ...], limits: Mapping[str, Limit], tree: Tree) -> bool:
    """Returns whether each rule about uncommitted files is kept by that tree; then it is so by any with fewer of them.

    That holds for the rules, of which none is satisfied by another path.
    """
    asking = [rule for rule in rules if "status" in rule.needs and is_on(limits[rule.name])]
    verdicts = (rule.judge(tree, limits[rule.name]) for rule in asking)
    return all(verdict is not None and verdict.kept for verdict in verdicts)
