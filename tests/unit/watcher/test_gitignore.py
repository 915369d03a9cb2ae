"""The ignore rules answer as `git check-ignore` does, for random rules in several folders and random names."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from obsd.watcher.gitignore import Gitignore
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


def asked_of_git(root: Path) -> set[bytes]:
    given_paths = b"".join(path + b"\0" for path in PATHS)
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
        assert ours == asked_of_git(root)
    finally:
        remove_tree(root)


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
