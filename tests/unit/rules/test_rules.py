"""Each workflow rule, at its limit and beyond."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsd.config import Config
from obsd.facts import Fact, FileChanged, RuleBroken, RuleKept
from obsd.rules.builtin.tests_with_source import is_test
from obsd.rules.path_patterns import matches
from obsd.rules.registry import RULES
from obsd.rules.rule import Commit, Limit, Tree, Verdict
from obsd.rules.session_changes import SessionChanges
from obsd.rules.verdicts import Verdicts

COMMIT = Commit("c" * 40, "feat: a subject of some length", "commit", "main", "unknown", 10)
TREE = Tree(now=10_000.0)


def judged(name: str, shown: Any, limit: Limit | None = None) -> Verdict | None:
    """The verdict of a rule, at its default limit."""
    [rule] = [rule for rule in RULES if rule.name == name]
    verdict: Verdict | None = rule.judge(shown, rule.default if limit is None else limit)  # type: ignore[attr-defined]
    return verdict


def kept(name: str, shown: Any, limit: Limit | None = None) -> bool:
    """Whether a rule says that it is kept; it must say something."""
    verdict = judged(name, shown, limit)
    assert verdict is not None
    assert verdict.kept or (verdict.subject and verdict.detail)
    return verdict.kept


def test_the_rules_are_those_of_the_contract_with_their_defaults() -> None:
    types = ("feat", "fix", "docs", "style", "refactor", "perf", "test", "build", "ci", "chore", "revert")
    assert {rule.name: rule.default for rule in RULES} == {
        "uncommitted_files": 50,
        "uncommitted_minutes": 60,
        "commit_message_length": 20,
        "commit_message_prefix": types,
        "tests_with_source": True,
        "commits_behind": 10,
        "commit_lines": 500,
        "agent_on_default_branch": True,
        "protected_paths": (".env", "*.pem", ".github/workflows/**"),
    }
    settings = Config().rules
    assert {rule.name: getattr(settings, rule.name) for rule in RULES} == {rule.name: rule.default for rule in RULES}


def test_the_length_of_a_subject() -> None:
    assert kept("commit_message_length", replace(COMMIT, subject="x" * 20))
    assert not kept("commit_message_length", replace(COMMIT, subject="é" * 19))
    assert not kept("commit_message_length", replace(COMMIT, subject=""))
    assert judged("commit_message_length", replace(COMMIT, subject="", kind="merge")) is None


@pytest.mark.parametrize(
    "subject",
    ["feat: x", "fix(scope): x", "FEAT!: x", "chore(a b)!: x", "fixup! feat: x", "squash! fixup! ci: x", "revert: x"],
)
def test_a_conventional_prefix(subject: str) -> None:
    assert kept("commit_message_prefix", replace(COMMIT, subject=subject))


@pytest.mark.parametrize(
    "subject", ["", "wip", "feat", "feat:", "feat:x", "feature: x", "fix (a): x", "x feat: y", "(feat): x", "feat(: x"]
)
def test_no_conventional_prefix(subject: str) -> None:
    assert not kept("commit_message_prefix", replace(COMMIT, subject=subject))


def test_prefixes_of_ones_own() -> None:
    own = ("PROJ-", "area:", "hotfix")
    for subject in ("PROJ-12 do it", "area: do it", "hotfix(x): do it"):
        assert kept("commit_message_prefix", replace(COMMIT, subject=subject), own)
    for subject in ("proj-12 do it", "hotfix do it", "feat: do it"):
        assert not kept("commit_message_prefix", replace(COMMIT, subject=subject), own)
    for kind in ("merge", "revert"):
        assert judged("commit_message_prefix", replace(COMMIT, subject="Merge it", kind=kind)) is None


def test_the_lines_of_a_commit() -> None:
    assert kept("commit_lines", replace(COMMIT, lines=500))
    assert not kept("commit_lines", replace(COMMIT, lines=501))
    assert judged("commit_lines", replace(COMMIT, lines=501, kind="merge")) is None


def test_an_agent_on_the_default_branch() -> None:
    by_agent = replace(COMMIT, agent="codex", default_branch="main")
    assert not kept("agent_on_default_branch", by_agent)
    assert kept("agent_on_default_branch", replace(by_agent, branch="topic"))
    by_person = replace(by_agent, agent="person", evidence="writer")
    for other in (COMMIT, by_person, replace(by_agent, kind="merge"), replace(by_agent, default_branch="")):
        assert judged("agent_on_default_branch", other) is None


def test_source_needs_a_test_beside_it() -> None:
    assert not kept("tests_with_source", replace(COMMIT, paths=("src/a.py", "README.md")))
    assert kept("tests_with_source", replace(COMMIT, paths=("src/a.py", "tests/test_a.py")))
    assert kept("tests_with_source", replace(COMMIT, paths=("tests/data/x.bin",)))
    moved = replace(COMMIT, paths=("a.py", "b.py", "tests/test_a.py"), same=frozenset({"a.py", "b.py"}))
    assert kept("tests_with_source", moved)
    assert not kept("tests_with_source", replace(moved, same=frozenset({"a.py", "tests/test_a.py"})))
    assert judged("tests_with_source", replace(moved, paths=("a.py", "b.py"))) is None
    for paths in ((), ("README.md", "a.yaml", "Makefile")):
        assert judged("tests_with_source", replace(COMMIT, paths=paths)) is None


@pytest.mark.parametrize(
    "path",
    [
        *("test_a.py", "a_test.go", "src/x.spec.ts", "src/x.test.tsx", "a/__tests__/b.js", "FooTest.java"),
        "conftest.py",
        *("spec/models/user_spec.rb", "src/test/java/A.java", "FooTests.cs", "TestFoo.php", "tests.py", "e2e/login.ts"),
    ],
)
def test_what_is_a_test(path: str) -> None:
    assert is_test(path)


@pytest.mark.parametrize(
    "path", ["contest.py", "latest.py", "src/attest.go", "testimony.md", "protest/a.c", "spectrum.ts"]
)
def test_what_is_no_test(path: str) -> None:
    assert not is_test(path)


def test_uncommitted_files() -> None:
    paths = [f"{number}.py" for number in range(51)]
    assert kept("uncommitted_files", replace(TREE, uncommitted=paths[:50]))
    since = {"7.py": 3.0, "9.py": 2.0}
    verdict = judged("uncommitted_files", replace(TREE, uncommitted=paths, uncommitted_since=since))
    assert verdict is not None
    assert (verdict.kept, verdict.subject) == (False, "7.py")
    assert judged("uncommitted_files", TREE) is None


def test_uncommitted_minutes() -> None:
    old = replace(TREE, uncommitted=["a", "b"], uncommitted_since={"a": 6000.0, "b": 6400.0, "gone": 1.0})
    verdict = judged("uncommitted_minutes", old)
    assert verdict is not None
    assert (verdict.kept, verdict.subject) == (False, "a")
    verdict = judged("uncommitted_minutes", replace(old, uncommitted=["b"]))
    assert verdict == Verdict(True, again_at=6400.0 + 3600)
    assert kept("uncommitted_minutes", replace(old, uncommitted=[]))


def test_commits_behind() -> None:
    assert kept("commits_behind", replace(TREE, behind=10))
    assert not kept("commits_behind", replace(TREE, behind=11, upstream="origin/main", upstream_id="abc"))
    assert judged("commits_behind", TREE) is None


def test_protected_paths() -> None:
    assert kept("protected_paths", TREE)
    assert kept("protected_paths", replace(TREE, by_agents={"a.py": ("codex", "writer"), "env": ("amp", "record")}))
    verdict = judged(
        "protected_paths", replace(TREE, by_agents={"a.py": ("amp", "record"), "deep/.env": ("codex", "writer")})
    )
    assert verdict is not None
    assert (verdict.kept, verdict.subject) == (False, "deep/.env")
    assert verdict.detail == "matches .env; written by codex (writer)"


def test_only_what_an_agent_wrote_to_is_an_agents() -> None:
    changes = SessionChanges()
    for path, agent, evidence in (
        ("person", "person", "writer"),
        ("unknown", "unknown", "none"),
        ("agent", "codex", "telemetry"),
        ("agent", "codex", "record"),
        ("both", "several", "writer"),
    ):
        changes.author(path, agent, evidence)
    assert changes.by_agents == {"agent": ("codex", "telemetry"), "both": ("several", "writer")}
    changes.end()
    assert changes.by_agents == {}
    assert not changes.forget_authors()


@pytest.mark.parametrize(
    ("pattern", "path", "meant"),
    [
        *((".env", ".env", True), (".env", "a/b/.env", True), (".env", ".envrc", False), (".env", ".env/x", True)),
        *(("*.pem", "a/b.pem", True), ("*.pem", "pem", False), ("/a.pem", "a.pem", True), ("/a.pem", "b/a.pem", False)),
        *((".github/workflows/**", ".github/workflows/a/b.yml", True), (".github/workflows/**", ".github/a", False)),
        *(("a/**/b", "a/b", True), ("a/**/b", "a/x/y/b", True), ("**/b", "b", True), ("a/*/b", "a/x/y/b", False)),
        *(("secrets/", "x/secrets/k", True), ("secrets/", "x/secrets", False), ("[ab].py", "b.py", True)),
        *(("[!ab].py", "b.py", False), ("[!ab].py", "c.py", True), ("a?c", "abc", True), ("a?c", "a/c", False)),
        *(("[", "[", True), ("[z-a]", "[z-a]", True), ("\\*", "*", True), ("\\*", "a", False), ("**", "x/y", True)),
    ],
)
def test_patterns_of_paths(pattern: str, path: str, meant: bool) -> None:
    assert matches(path, pattern) is meant


@given(st.text(min_size=1, max_size=12), st.text(min_size=1, max_size=12))
def test_no_pattern_is_an_error(pattern: str, path: str) -> None:
    assert matches(path, pattern) in (True, False)


SUBJECTS = st.sampled_from(["good", "wip", "feat: and long enough to be kept"])


def about_length(commits: list[Commit]) -> list[Fact]:
    """What is recorded of the rule about lengths, which was kept before."""
    limits = {rule.name: getattr(Config().rules, rule.name) for rule in RULES}
    verdicts = Verdicts("w", 0.0, limits, lambda rule: False)
    verdicts.commits(commits)
    return [fact for fact in verdicts.facts if getattr(fact, "rule", "") == "commit_message_length"]


@given(st.lists(SUBJECTS, max_size=30))
def test_each_commit_that_breaks_a_rule_is_a_violation(subjects: list[str]) -> None:
    commits = [replace(COMMIT, commit_id=f"{n:040}", subject=subject) for n, subject in enumerate(subjects)]
    found = about_length(commits)
    bad = [commit.commit_id for commit in commits if len(commit.subject) < 20]
    assert [fact.subject for fact in found if isinstance(fact, RuleBroken)] == bad
    for before, after in pairwise([None, *found]):
        assert isinstance(after, RuleBroken) or isinstance(before, RuleBroken)
    good_last = len(subjects) > 0 and len(subjects[-1]) >= 20
    assert bool(bad and good_last) == bool(found and isinstance(found[-1], RuleKept))


@given(st.lists(SUBJECTS, min_size=1, max_size=30))
def test_an_amend_counts_only_what_it_makes_worse(subjects: list[str]) -> None:
    commits = [replace(COMMIT, subject=subject, amended=n > 0) for n, subject in enumerate(subjects)]
    bad = [len(subject) < 20 for subject in subjects]
    worse = sum(now and not before for before, now in pairwise([False, *bad]))
    assert sum(isinstance(fact, RuleBroken) for fact in about_length(commits)) == worse


def test_a_workspace_breaks_a_rule_once_and_again_only_after_it_was_kept() -> None:
    limits = {rule.name: getattr(Config().rules, rule.name) for rule in RULES}
    verdicts = Verdicts("w", 0.0, limits, lambda rule: False)
    for behind in (11, 12, 11, 3, 4, 20, 30):
        verdicts.tree(replace(TREE, behind=behind, upstream="origin/main", upstream_id="u"))
    found = [type(fact) for fact in verdicts.facts if getattr(fact, "rule", "") == "commits_behind"]
    assert found == [RuleBroken, RuleKept, RuleBroken]


def change(path: str, at: float, previous_path: str = "") -> FileChanged:
    """A change."""
    return FileChanged(at, "w", path, "renamed" if previous_path else "modified", "other", 1, 1, "", previous_path)


def test_a_course_knows_since_when_a_path_is_uncommitted() -> None:
    course = SessionChanges()
    for fact in (change("a", 1), change("a", 5), change("b", 6)):
        course.change(fact)
    assert course.since == {"a": 1, "b": 6}
    course.commit(["a"])
    course.compare({"a", "b", "other"}, now=9)
    assert course.since == {"a": 9, "b": 6}
    course.change(change("c", 10, previous_path="b"))
    course.compare({"c"}, now=11)
    assert course.since == {"c": 6}
    course.step(100)
    assert course.since == {"c": 106}
    course.end()
    assert course.since == {}
