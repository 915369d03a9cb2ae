"""`tests_with_source`: a commit changes source and no test. Merges are exempt: their files are other commits'.
So are files that were only renamed.

A source file is one in a programming language (by `obsd/file_types.py`); a test is a file in a folder for tests, or one
with the name of a test.
"""

from __future__ import annotations

import re

from obsd.file_types import file_type
from obsd.rules.rule import KEPT, Commit, CommitRule, Verdict, broken, switch

NO_SOURCE = frozenset(
    {
        *("cmake", "css", "docker", "graphql", "html", "ini", "json", "make", "markdown", "nix", "notebook", "other"),
        *("protobuf", "restructuredtext", "sql", "terraform", "text", "toml", "xml", "yaml"),
    }
)
"""File types that need no test."""

_FOLDERS = frozenset({"test", "tests", "testing", "testdata", "spec", "specs", "__tests__", "e2e", "androidtest"})
_NAME = re.compile(r"test_.*|.*[._-](?:test|tests|spec)\.[^.]+|tests?\.[^.]+|conftest\.py|.*(?:_test|_spec)\.[^.]+")
_CAMEL = re.compile(r".*[a-z0-9](?:Tests?|Spec|IT)\.[A-Za-z]+|Test[A-Z].*\.[A-Za-z]+")


def judge(commit: Commit, _: bool) -> Verdict | None:
    """Returns None for a commit without source."""
    if commit.kind == "merge":
        return None
    changed = [path for path in commit.paths if path not in commit.same]
    source = [path for path in changed if not is_test(path) and file_type(path) not in NO_SOURCE]
    if any(is_test(path) for path in changed):
        return KEPT
    if not source:
        return None
    files = "1 source file" if len(source) == 1 else f"{len(source)} source files"
    return broken(commit.commit_id, f"{files} and no test changed, such as {source[0]}")


def is_test(path: str) -> bool:
    """Returns whether a file is a test, or belongs to tests."""
    *folders, name = path.split("/")
    if any(folder.lower() in _FOLDERS for folder in folders):
        return True
    return bool(_NAME.fullmatch(name.lower()) or _CAMEL.fullmatch(name))


RULE = CommitRule("tests_with_source", "a commit changes source and no test", switch(), True, judge)
