"""The ignore rules answer as `git check-ignore` does, for random rules in several folders and random names."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from obsd.watcher.gitignore import Gitignore, RuleList
from obsd.watcher.wildmatch import expression
from tests.support import clean_environment, remove_tree

PATHS = [
    b"a", b"b.log", b"keep.log", b"d/a", b"d/b.log", b"d/keep.log", b"d/e/a", b"d/e/f/b.log", b"out/a", b"a b", b"d/a ",
    b"d/out/keep.log", b"d/e/out/x", b"#a", b"!a", b"d/[a]", b"back\\slash", b"d/\xc3\xa9", b"\xff\xfe", b"d/e/f/g/h",
    b"e/e/e/e", b"A", b"d/-", b"d/e/]", b"new\nline", b"d/a*b", b"**", b"d/e/a?",
]  # fmt: skip
FOLDERS = ["", "d", "d/e", "d/out"]

characters = st.sampled_from([*"abde*?/!#\\[]-^ .\r", "**", "/**/", "**/", "/**", "[a-c]", "[!a]", "[[:alpha:]]", "é"])
written = st.lists(characters, min_size=1, max_size=7).map("".join)
known = st.sampled_from(
    ["*.log", "!keep.log", "out/", "/a", "d/a", "!d", "!/d/**", "**/e", "e/**", "d/**/a", "*", "!*/", "!a", "/d/*",
     "!/d/e", "a\\ ", "a ", "\\#a", "\\!a", "[", "a/", "**/", "/**", "/", "!", "\\", "a**b", "***", "d/***/a", "[]-]"]
)  # fmt: skip
files = st.dictionaries(st.sampled_from(FOLDERS), st.lists(written | known, max_size=5), max_size=4)


def asked_of_git(root: Path, paths: Iterable[bytes]) -> set[bytes]:
    given_paths = b"".join(path + b"\0" for path in paths)
    result = subprocess.run(
        ["git", "check-ignore", "--no-index", "--stdin", "-z"],
        cwd=root,
        env=clean_environment(root),
        input=given_paths,
        capture_output=True,
        check=False,
    )
    assert result.returncode in (0, 1), result.stderr
    return set(result.stdout.split(b"\0")) - {b""}


@settings(max_examples=int(os.environ.get("OBSD_EXAMPLES", "60")), deadline=None, derandomize=True,
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(files=files, exclude=st.lists(written | known, max_size=3))
@example(files={"": ["*.log"], "d": ["!b.log"]}, exclude=[])
@example(files={"": ["out/", "!keep.log", "*.log"]}, exclude=["!a", "*"])
@example(files={"": ["*.log"], "d/e": ["!*.log"]}, exclude=["a"])
def test_it_answers_as_git_does(files: dict[str, list[str]], exclude: list[str]) -> None:
    root = Path(tempfile.mkdtemp(prefix="ob", dir="/tmp"))
    try:
        subprocess.run(["git", "init", "-q", root], check=True, env=clean_environment(root))
        for path in PATHS:
            place = os.path.join(os.fsencode(root), path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            open(place, "wb").close()
        for folder, lines in files.items():
            (root / folder / ".gitignore").write_bytes("\n".join(lines).encode())
        (root / ".git/info").mkdir(exist_ok=True)
        (root / ".git/info/exclude").write_bytes("\n".join(exclude).encode())
        rules = Gitignore(str(root), [str(root / ".git/info/exclude")])
        ours = {path for path in PATHS if rules.ignores(os.fsdecode(path))}
        assert ours == asked_of_git(root, PATHS)
    finally:
        remove_tree(root)


odd = st.sampled_from(
    [*"abA1*?/!#\\[]-^ .\r", "**", "***", "/**/", "**/", "/**", "[ab]", "[!a]", "[^b]", "[a-c]", "[[:alpha:]]",
     "[[:upper:]]", "[[:digit:][:space:]]", "[[:x:]]", "[]a]", "[!]]", "[a", "[[:", "\\a", "\\*", "\\/", "\\[", "[\\]]",
     "[a-]", "[b-a]", "[--0]", "[\\a-\\c]", "[/]", "[!/]", "\\ ", "a*b", "**a", "a**", "é", "*a*a*b"]
)  # fmt: skip
odd_lines = st.lists(st.lists(odd, min_size=1, max_size=8).map("".join), min_size=1, max_size=4)
a_name = st.text("abA1-]^[ \\*.", min_size=1, max_size=6).filter(lambda name: name not in (".", ".."))
a_path = st.lists(a_name, min_size=1, max_size=5).map("/".join).filter(lambda path: not path.startswith("-"))


@pytest.fixture(scope="module")
def empty_repository() -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="ob", dir="/tmp"))
    subprocess.run(["git", "init", "-q", root], check=True, env=clean_environment(root))
    yield root
    remove_tree(root)


@settings(max_examples=int(os.environ.get("OBSD_EXAMPLES", "60")), deadline=None,
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(lines=odd_lines, paths=st.sets(a_path, min_size=20, max_size=60))
@example(lines=["b**/***"], paths={"b]", "b/]", "b"})
@example(lines=["d/x**/y"], paths={"d/xa/y", "d/xa/b/y", "d/x/y", "d/y"})
@example(lines=["\\\\ "], paths={"a/\\", "\\ "})
@example(lines=["**\\/a", "!b/**\\/a"], paths={"a", "b/a", "b/c/a", "c/b/a"})
def test_odd_patterns_match_what_they_match_in_git(empty_repository: Path, lines: list[str], paths: set[str]) -> None:
    (empty_repository / ".gitignore").write_bytes("\n".join(lines).encode() + b"\n")
    rules = Gitignore(str(empty_repository))
    ours = {os.fsencode(path) for path in paths if rules.ignores(path)}
    assert ours == asked_of_git(empty_repository, [os.fsencode(path) for path in paths])


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*a" * 25 + "b", "a" * 255),
        ("[a]*" * 25 + "c", "a" * 255),
        ("?*" * 25 + "c", "a" * 255),
        ("/".join(["*a*a*a*a*b"] * 5), "/".join(["a" * 200] * 5)),
        ("**/" * 20 + "x/y", "/".join("a" * 500)),
        ("**/a/" * 20 + "x", "/".join("a" * 500)),
        ("**/*a*a*/" * 20 + "x", "/".join(["a" * 20] * 100)),
        ("a/**\\/" * 20 + "x", "/".join("a" * 500)),
    ],
)
def test_a_pattern_takes_no_longer_than_it_and_the_name_are_long(pattern: str, path: str) -> None:
    # With a translation that tries all ways to share a name among the stars, none of these ends.
    rules = RuleList(pattern.encode())
    assert rules.verdict(path.encode(), path.rsplit("/", 1)[-1].encode(), False) is None


def test_what_changes_is_read_again(short_tmp: Path) -> None:
    rules = Gitignore(str(short_tmp))
    assert not rules.ignores("a.log")
    (short_tmp / ".gitignore").write_text("*.log\nout/\n")
    rules.fresh()
    assert rules.ignores("a.log")
    assert rules.ignores("out/")
    assert not rules.ignores("out")
    (short_tmp / ".gitignore").unlink()
    rules.fresh()
    assert not rules.ignores("a.log")


def test_a_linked_file_of_rules_is_not_followed(short_tmp: Path) -> None:
    (short_tmp / "rules").write_text("*.log\n")
    (short_tmp / ".gitignore").symlink_to("rules")
    assert not Gitignore(str(short_tmp)).ignores("a.log")


def test_lines_of_a_setting() -> None:
    rules = Gitignore(None, lines=["*.o", "/vendor/", "!keep.o", "\udcff*"])
    assert rules.ignores("sub/a.o")
    assert rules.ignores("vendor/deep/a.c")
    assert not rules.ignores("sub/vendor/a.c")
    assert not rules.ignores("keep.o")
    assert rules.ignores("\udcff.txt")


def test_a_pattern_that_stands_for_more_bytes_than_a_path_has_is_no_expression() -> None:
    for paths in (True, False):
        assert expression(b"a*" * 500_000, paths) is None
        assert expression(b"[ab]?" * 100_000, paths) is None
        assert expression(b"a*" * 2_048, paths) is not None
    rules = RuleList(b"*" * 900_000 + b"a\n" + b"?*" * 40_000 + b"\n")
    name = b"x" * 100 + b"a"
    assert rules.verdict(name, name, False), "stars stand for any number, none included"
    assert rules.verdict(name + b"x", name + b"x", False) is None
