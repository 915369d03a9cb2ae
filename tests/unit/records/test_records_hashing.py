"""Hashes of lines and contents, the forms of edits, and how they agree with changes."""

from __future__ import annotations

import hashlib
import subprocess
from difflib import unified_diff

from hypothesis import given
from hypothesis import strategies as st

from obsd.facts.records import Content, FileWritten, LineChange
from obsd.line_hashes import MAX_LINES, Verdict, compare, content_of, hash_lines, line_hash
from obsd.records import line_changes

SALT = b"salt of the tests"
LINES = st.lists(st.sampled_from(["a", "b", "", "  x", "--- a", "+++ b", "@@ -1 +1 @@", "\\ no"]), max_size=12)


def hashed(*lines: str) -> tuple[int, ...]:
    return hash_lines(SALT, lines)


def written(
    *added: str, removed: tuple[str, ...] = (), exact: bool = True, content: bytes | None = None
) -> FileWritten:
    lines = LineChange(hashed(*added), hashed(*removed), exact)
    return FileWritten("/w/f", "edit", lines=lines, content=content_of(content) if content is not None else None)


def test_contents_have_the_ids_that_git_gives_them() -> None:
    data = b"one\r\ntwo"
    git = subprocess.run(["git", "hash-object", "--stdin"], input=data, capture_output=True, check=True).stdout
    assert content_of(data) == Content(hashlib.sha256(data).hexdigest(), git.decode().strip())


def test_a_line_is_the_same_with_any_end_and_another_with_another_salt() -> None:
    assert len({line_hash(SALT, line) for line in (b"x", b"x\n", b"x\r\n")}) == 1
    assert line_hash(SALT, b"x") != line_hash(b"other", b"x")
    assert line_hash(SALT, b"x") != line_hash(SALT, b" x")


def test_a_whole_content_decides_alone() -> None:
    verdict = compare([written(content=b"a\nb\n")], content_of(b"a\nb\n"), hashed("a", "b"))
    assert (verdict.agreement, verdict.ours) == ("whole", (True, True))


def test_lines_tell_whose_each_one_is() -> None:
    verdict = compare([written("a", "b")], content_of(b"another"), hashed("a", "mine", "b", "b"))
    assert (verdict.agreement, verdict.ours) == ("part", (True, False, True, False))
    assert compare([written("a"), written("b")], Content(), hashed("b", "a")).agreement == "whole", (
        "two edits, one look"
    )
    assert compare([written("a")], Content(), hashed("x", "y")).agreement == "none"


def test_parts_of_lines_are_no_proof_against_the_session() -> None:
    parts = written("= bar(", "full", "1)", exact=False)
    assert compare([parts], Content(), hashed("x = bar(", "full", "  1)")).agreement == "whole"
    assert compare([parts], Content(), hashed("x = bar(", "full", "  1)", "more")).agreement == "part"
    assert compare([parts], Content(), hashed("x", "y", "z")).agreement == "unchecked"


def test_what_records_do_not_hold_is_not_compared() -> None:
    assert compare([FileWritten("/w/f", "edit")], content_of(b"a"), hashed("a")).agreement == "unchecked"
    cut = FileWritten("/w/f", "edit", lines=LineChange(cut=True))
    assert compare([cut], content_of(b"a"), hashed("a")).agreement == "unchecked"
    assert compare([], content_of(b"a"), hashed("a")).agreement == "unchecked"


def test_a_change_that_only_removes_is_compared_by_what_it_removed() -> None:
    edit = written("new", removed=("a", "b"))
    assert compare([edit], content_of(b"rest"), (), hashed("b", "a")).agreement == "whole"
    assert compare([edit], content_of(b"rest"), (), hashed("a", "c")).agreement == "part"
    assert compare([edit], content_of(b"rest"), (), hashed("c")) == Verdict("none")
    assert compare([edit], content_of(b"rest"), ()).agreement == "unchecked"


@given(LINES, LINES)
def test_every_form_of_an_edit_gives_the_same_lines(old: list[str], new: list[str]) -> None:
    before, after = ("".join(f"{line}\n" for line in lines) for lines in (old, new))
    diff = list(unified_diff(old, new, "a/f", "b/f", lineterm=""))
    change = line_changes.unified(SALT, "\n".join(diff))
    assert (change is None) == (old == new)
    if change is None:
        return
    signs = [line for line in diff[2:] if not line.startswith("@@") or line[2:3] != " "]
    assert line_changes.signed(SALT, _body(diff)) == change, signs
    numbered = [f"{line[0]}{number:3} {line[1:]}" for number, line in enumerate(_body(diff)) if line[0] in "+-"]
    assert line_changes.numbered(SALT, "\n".join(numbered)) == change
    compared = line_changes.between(SALT, before, after)
    assert len(compared.added) - len(compared.removed) == len(new) - len(old)


def _body(diff: list[str]) -> list[str]:
    """The lines of hunks, by the numbers in their headers."""
    body: list[str] = []
    left = [0, 0]
    for line in diff[2:]:
        if left == [0, 0]:
            left = [int([*part[1:].split(","), "1"][1]) for part in line.split()[1:3]]
            continue
        body.append(line)
        left = [left[0] - (line[0] != "+"), left[1] - (line[0] != "-")]
    return body


def test_a_diff_that_is_cut_short_is_none() -> None:
    assert line_changes.unified(SALT, "@@ -1,3 +1,4 @@\n def one():\n-    return 1\n+    a =…[shortened]") is None
    assert line_changes.unified(SALT, "no diff") is None


def test_patches_name_their_files_and_lines() -> None:
    text = (
        "*** Begin Patch\n*** Add File: new.py\n+x = 1\n+y = 2\n*** Update File: a.py\n*** Move to: b.py\n@@ def f\n"
        " context\n-old\n+new\n*** Delete File: gone.py\n*** End Patch"
    )
    files = line_changes.patched(SALT, text)
    assert [(file.verb, file.path, file.move_path, file.content) for file in files] == [
        ("Add", "new.py", "", "x = 1\ny = 2\n"),
        ("Update", "a.py", "b.py", None),
        ("Delete", "gone.py", "", None),
    ]
    assert files[1].change == LineChange(hashed("new"), hashed("old"))


def test_an_enormous_edit_keeps_no_lines() -> None:
    change = line_changes.between(SALT, "", "x\n" * (MAX_LINES + 1))
    assert (change.cut, change.added) == (True, ())
