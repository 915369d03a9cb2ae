"""What a process shows in place of its command, read where `ps` reads it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SHOW = """import sys
from obsd.host.process_title import set_title
set_title(sys.argv[1])
print(open("/proc/self/comm").read(), end="")
sys.stdout.flush()
print(open("/proc/self/cmdline").read(), end="")
"""


def shown(title: str) -> tuple[str, str]:
    """The short name and the command line of a process with this title."""
    command = [sys.executable, "-c", SHOW, title]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    name, _, line = result.stdout.partition("\n")
    return name, line


def test_the_title_is_all_that_is_left_of_the_command() -> None:
    assert shown("obsd-watcher [shop]") == ("obsd-watcher", "obsd-watcher [shop]\0")


def test_a_longer_title_ends_where_the_command_did() -> None:
    name, line = shown("a-name-of-more-than-16-bytes " + "x" * 5000)
    # The room also takes the title that was an argument: what is lost is the end.
    assert name == "a-name-of-more-"
    assert line.startswith("a-name-of-more-than-16-bytes xxxx")
    assert line.rstrip("\0").endswith("x")


@pytest.mark.parametrize("title", ["obsd\x1b[31m", "obsd\n"])
def test_what_would_move_a_cursor_is_escaped(title: str) -> None:
    _, line = shown(title)
    assert line.rstrip("\0").isprintable()


def test_the_environment_stays_as_it_was() -> None:
    code = SHOW + "import subprocess, os\nprint(os.environ['KEPT'], subprocess.getoutput('echo $KEPT'))"
    environment = {"KEPT": "kept", "PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).resolve().parents[3])}
    command = [sys.executable, "-c", code, "x" * 100]
    result = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert result.stdout.endswith("kept kept\n")
