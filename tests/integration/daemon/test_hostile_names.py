"""File names, authors, branches and messages may hold any bytes: nothing breaks and nothing leaks unescaped."""

from __future__ import annotations

import os
from collections.abc import Callable

from tests.support import Daemon, Repository

HOSTILE = [
    b"new\nline.py",
    b'quote"back\\slash.py',
    b"no-utf8-\xff\xfe.py",
    b"\x1b[31mred\x1b[0m.py",
    b" lead and trail ",
    b"-rf",
    b'{a="b"} 1.py',
    b"bidi\xe2\x80\xaetxt.py",
    b"x" * 255,
    "späth-名前-🦀.rs".encode(),
]


def safe(text: str) -> bool:
    """Whether nothing in it can move a cursor or end a line early."""
    return all(char.isprintable() or char == "\n" for char in text)


def test_files_of_any_name_are_counted_and_escaped(
    obsd_daemon: Daemon, make_repository: Callable[[str], Repository]
) -> None:
    repository = make_repository("any\nname")
    obsd_daemon.add(repository.path, "w")
    for text in (b"one\n", b"one\ntwo\n"):
        for name in HOSTILE:
            with open(os.path.join(os.fsencode(repository.path), name), "wb") as file:
                file.write(text)
        obsd_daemon.settle("w")
    samples = obsd_daemon.scrape()
    for operation in ("created", "modified"):
        assert samples.sum("copilot_files_modified_total", workspace="w", operation=operation) == len(HOSTILE)
    names = samples.labels("copilot_file_edit_frequency_total", "filename", workspace="w")
    assert len(names - {"__other__"}) == len(HOSTILE)
    assert max(len(name) for name in names) <= 200
    assert all(name.isprintable() for name in names)
    assert samples.sum("copilot_lines_changed_sum", workspace="w") == 2 * len(HOSTILE)
    for shown in (obsd_daemon.obsctl("status"), obsd_daemon.obsctl("workspaces")):
        assert shown.code == 0, shown
        assert safe(shown.stdout), shown.stdout


def test_commits_by_anyone_on_any_branch_are_counted(
    obsd_daemon: Daemon, make_repository: Callable[[str], Repository]
) -> None:
    repository = make_repository("repo")
    repository.commit("chore: begin the history")
    obsd_daemon.add(repository.path, "w")
    # Git takes an author's bytes from the environment as they are.
    author = os.fsdecode(b'\xff\x1b[31m"Eve\\ ' + b"e" * 500)
    branch = b"feature/\xe2\x80\xae\xff" + b"b" * 100
    repository.git("checkout", "-q", "-b", os.fsdecode(branch))
    repository.commit("\x1b[2J" + "s" * 5000 + "\n\nbody\x07", GIT_AUTHOR_NAME=author)
    samples = obsd_daemon.wait_for("git_commits_total", 1, workspace="w")
    for label in ("author", "branch"):
        values = samples.labels("git_commits_total", label, workspace="w")
        assert all(value.isprintable() and 0 < len(value) <= 200 for value in values)
    shown = obsd_daemon.obsctl("commits")
    assert shown.code == 0, shown
    assert safe(shown.stdout)
    [commit] = obsd_daemon.json("commits")["commits"]
    assert len(commit["subject"]) <= 200
    assert "Traceback" not in obsd_daemon.log
