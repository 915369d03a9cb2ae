"""The git program as obsd runs it: what it writes is taken in bounded memory, and it ends with what is enough."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from obsd.errors import LimitReached
from obsd.git import layout, program
from obsd.git.commit_lines import added_lines
from obsd.git.numstat import NumstatSums, measure, parse_numstat
from obsd.git.program_output import Bounded, TooMuchOutput, converse
from obsd.git.repository import Repository as Opened
from tests.support import Repository

_LARGE = program.MAX_OUTPUT_BYTES + (1 << 20)


def child(code: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", "-S", "-c", code]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_what_it_writes_without_end_is_stopped_at_the_bound() -> None:
    endless = child("import os\nwhile True: os.write(1, bytes(1 << 16))")
    with pytest.raises(TooMuchOutput):
        converse(endless, b"", Bounded(1 << 20).take, 60)
    assert endless.returncode is not None


def test_what_it_says_of_errors_without_end_is_not_kept_and_does_not_hold_it_up() -> None:
    chatty = child("import os\nfor _ in range(400): os.write(2, b'e' * (1 << 16))\nos.write(1, b'done')")
    output = Bounded(100)
    errors = converse(chatty, b"", output.take, 60)
    assert (output.value(), chatty.returncode) == (b"done", 0)
    assert 0 < len(errors) <= 1 << 17


def test_a_child_that_writes_while_it_is_fed_gets_all_and_gives_all() -> None:
    data = bytes(range(256)) * 20_000
    output = Bounded(len(data))
    converse(child("import os\nwhile part := os.read(0, 9999): os.write(1, part)"), data, output.take, 60)
    assert output.value() == data


def test_a_child_that_does_not_read_is_no_error() -> None:
    output = Bounded(100)
    converse(child("import os; os.close(0); os.write(1, b'done')"), bytes(1 << 20), output.take, 60)
    assert output.value() == b"done"


def test_one_that_takes_too_long_is_killed() -> None:
    sleeper = child("import time; time.sleep(600)")
    with pytest.raises(subprocess.TimeoutExpired):
        converse(sleeper, b"", Bounded(100).take, 0.2)
    assert sleeper.returncode is not None


def test_git_that_writes_too_much_is_an_error_with_a_reason(repository: Repository) -> None:
    repository.write("large", "x" * 5000)
    repository.commit("feat: a large one")
    with pytest.raises(LimitReached) as refused:
        program.run(repository.path, ["cat-file", "blob", "HEAD:large"], max_bytes=4000)
    assert refused.value.reason == "git_output_too_large"
    assert program.run(repository.path, ["cat-file", "blob", "HEAD:large"], max_bytes=5000) == b"x" * 5000


def test_a_commit_with_more_lines_than_are_read_has_no_origins_but_its_figures(repository: Repository) -> None:
    where = layout.find(repository.path)
    assert where is not None
    repository.write("large.txt", ("x" * 1023 + "\n") * (_LARGE >> 10))
    commit_id = repository.commit("feat: a very large one")
    with pytest.raises(LimitReached):
        added_lines(where, commit_id)
    opened = Opened(where)
    info = opened.commit(commit_id)
    assert info is not None
    figures = measure(opened, info)
    assert (figures.lines_added, figures.lines_removed, figures.files_changed) == (_LARGE >> 10, 0, 1)


def test_figures_are_the_same_in_parts_of_any_size() -> None:
    output = b"\n1\t2\ta\tb\n\0-\t-\tbin\0003\t0\t\0old\0new\0" + b"7\t0\tpath\0" * 50
    for size in range(1, 40):
        sums = NumstatSums()
        for start in range(0, len(output), size):
            sums.take(output[start : start + size])
        assert sums.figures() == parse_numstat(output)
    assert parse_numstat(output).lines_added == 4 + 350


def test_a_path_without_an_end_is_refused() -> None:
    sums = NumstatSums()
    sums.take(b"1\t2\t")
    with pytest.raises(TooMuchOutput):
        sums.take(b"x" * (2 << 20))


def test_the_root_of_the_file_system_needs_no_repository() -> None:
    assert program.run(Path("/"), ["version"]).startswith(b"git version")
