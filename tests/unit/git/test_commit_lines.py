"""The lines that commits add, against git's own numbers, with contents and names that look like git's output."""

from __future__ import annotations

import subprocess
from pathlib import Path

from obsd.git import layout
from obsd.git.commit_lines import AddedLines, added_lines, find_lines, known_blobs, parse
from obsd.git.layout import Layout
from obsd.git.line_diff import content_id
from tests.integration.commits.commit_rig import numstat
from tests.support import Repository

TRICKS = (
    "diff --git a/x b/x\n@@ -1,2 +3,400 @@\n+++ b/x\n--- a/x\n:100644 100644 aa bb M\n"
    "\\ No newline at end of file\nindex 1..2 100644\nBinary files differ"
)


def where(repository: Repository) -> Layout:
    found = layout.find(str(repository.path))
    assert found is not None
    return found


def places(files: list[AddedLines]) -> dict[str, tuple[int, ...]]:
    return {file.path: file.places for file in files}


def test_contents_that_look_like_a_patch_are_contents(repository: Repository) -> None:
    repository.write("a.txt", "one\n")
    repository.commit("feat: a")
    repository.write("a.txt", TRICKS + "\none\n" + TRICKS)
    repository.write("@@ -1 +1 @@\ndiff --git", TRICKS)
    commit_id = repository.commit("feat: tricks")
    files = added_lines(where(repository), commit_id)
    assert places(files) == {"a.txt": (0, 8, 9, 8), "@@ -1 +1 @@\ndiff --git": (0, 8)}
    assert sum(sum(file.places[1::2]) for file in files) == numstat(repository.path, commit_id)[0]


def test_every_kind_of_change_adds_what_git_counts(repository: Repository, tmp_path: Path) -> None:
    for name in ("moved", "typed", "gone", "mode"):
        repository.write(f"{name}.txt", "".join(f"{name} {number}\n" for number in range(20)))
    (repository.path / "binary").write_bytes(b"\0one")
    repository.commit("feat: files")
    repository.git("mv", "moved.txt", "new.txt")
    repository.write("new.txt", (repository.path / "new.txt").read_text() + "more\n")
    (repository.path / "typed.txt").unlink()
    (repository.path / "typed.txt").symlink_to("new.txt")
    (repository.path / "gone.txt").unlink()
    (repository.path / "mode.txt").chmod(0o755)
    (repository.path / "binary").write_bytes(b"\0two\n")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    repository.write("last.txt", "unfinished")
    commit_id = repository.commit("feat: everything")
    files = added_lines(where(repository), commit_id)
    assert places(files) == {"last.txt": (0, 1), "new.txt": (20, 1), "typed.txt": (0, 1)}
    [moved] = [file for file in files if file.path == "new.txt"]
    assert (moved.previous_path, moved.content_id) == (
        "moved.txt",
        content_id((repository.path / "new.txt").read_bytes()).hex(),
    )
    assert sum(sum(file.places[1::2]) for file in files) == numstat(repository.path, commit_id)[0]


def test_settings_of_the_repository_change_nothing(repository: Repository) -> None:
    for name, value in {
        "color.ui": "always",
        "diff.noprefix": "true",
        "diff.context": "9",
        "diff.interHunkContext": "9",
        "diff.external": "/bin/false",
        "diff.submodule": "log",
        "diff.renames": "false",
        "log.showSignature": "true",
        "core.quotePath": "false",
    }.items():
        repository.git("config", name, value)
    repository.write("ä.txt", "1\n2\n3\n")
    repository.commit("feat: a")
    repository.write("ä.txt", "0\n1\n2\n2.5\n3\n")
    assert places(added_lines(where(repository), repository.commit("feat: b"))) == {"ä.txt": (0, 1, 3, 1)}


def test_output_that_ends_early_harms_nobody() -> None:
    raw = b":000000 100644 " + b"0" * 40 + b" " + b"1" * 40 + b" A\0a\0\0"
    assert list(parse(raw)) == []
    assert list(parse(raw + b"diff --git a/a b/a\n@@ -0,0 +1,9 @@\n+1\n")) == [AddedLines("a", "", "1" * 40, (0, 1))]
    assert list(parse(b"")) == []


def test_lines_are_found_in_what_the_file_was_and_on_disk(repository: Repository) -> None:
    repository.write("a.txt", "1\n2\n3\n")
    repository.commit("feat: a")
    lately = content_id(b"1\n2\n3\n").hex()
    repository.write("a.txt", "0\n1\n2\n3\n4\n")
    commit_id = repository.commit("feat: b")
    repository.write("a.txt", "2\r\n3\r\n4\r\n")
    files = added_lines(where(repository), commit_id)
    [found] = find_lines(where(repository), commit_id, files, [[lately, "f" * 40]], 1000)
    assert [(one.kind, one.content_id, one.pieces) for one in found] == [
        ("lately", lately, (1, 0, 3)),
        ("disk", content_id(b"2\r\n3\r\n4\r\n").hex(), (2, 0, 3)),
    ]
    assert find_lines(where(repository), commit_id, files, [[lately]], 3) == [[]]


def test_of_a_fifo_or_a_link_in_a_files_place_nothing_is_read(repository: Repository) -> None:
    repository.write("a.txt", "1\n")
    commit_id = repository.commit("feat: a")
    (repository.path / "a.txt").unlink()
    subprocess.run(["mkfifo", str(repository.path / "a.txt")], check=True)
    files = added_lines(where(repository), commit_id)
    assert find_lines(where(repository), commit_id, files, [[]], 1000) == [[]]


def test_blobs_are_known_and_other_objects_are_not(repository: Repository) -> None:
    blob = content_id(b"hello\n").hex()
    head = repository.git("rev-parse", "HEAD")
    assert known_blobs(where(repository), [blob, head, "e" * 40]) == {blob}


def test_what_both_sides_end_with_changes_nothing(repository: Repository) -> None:
    """Without context git would leave the common end out before it compares, and count one line less."""
    rest = [0 if number % 8 == 0 else 100 + number for number in range(1, 120)]
    commit = ""
    for numbers in ([0, 0, 0, 1, 0, 2, 3, 4, 5, 6, 7, *rest], [0, 0, 0, 0, *rest]):
        repository.write("a.txt", "".join(f"{number:08d}\n" for number in numbers))
        commit = repository.commit("feat: lines")
    [file] = added_lines(where(repository), commit)
    assert sum(file.places[1::2]) == numstat(repository.path, commit)[0] == 1
    without = repository.git("show", "-U0", "--format=", commit).splitlines()
    assert [line for line in without if line.startswith("+") and not line.startswith("+++")] == []


def test_a_blank_line_may_stand_without_its_blank(repository: Repository) -> None:
    repository.git("config", "diff.suppressBlankEmpty", "true")
    repository.write("a.txt", "1\n\n2\n\n3\n")
    repository.commit("feat: one")
    repository.write("a.txt", "1\n\nnew\n2\n\n3\nnew\n")
    [file] = added_lines(where(repository), repository.commit("feat: two"))
    assert file.places == (2, 1, 6, 1)
