"""What a program in a chain of parents says about who is at work: programs.json, and the reading of a command line.

Pure. Only what is sure is there. A terminal has a person before it; an editor that also hosts agents says nothing; what
a service manager or a cron starts is nobody's. What is not there leads on to its parent.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from importlib.resources import files
from typing import Literal

Role = Literal["", "terminal", "login", "login_shell", "editor", "host"]

_DATA = json.loads(files("obsd.writers").joinpath("programs.json").read_text(encoding="utf-8"))
TERMINALS = frozenset(_DATA["terminals"]) | frozenset(_DATA["multiplexers"])
LOGINS = frozenset(_DATA["logins"])
SHELLS = frozenset(_DATA["shells"])
EDITORS = frozenset(_DATA["editors"])
HOSTS = frozenset(_DATA["hosts"])
_HOST_PLACES = frozenset(_DATA["host_places"])

_GENERIC_NAMES = frozenset({"", "MainThread", "main"})
_COMM_CHARACTERS = 15


def program_name(name: str, executable: str) -> str:
    """The name to show: the kernel's short one, or the executable's where that is generic or was cut off."""
    base = os.path.basename(executable)
    if name in _GENERIC_NAMES or (len(name) == _COMM_CHARACTERS and base.startswith(name)):
        return base or name
    return name.partition(":")[0] if name.startswith("tmux: ") else name


def role(name: str, executable: str, arguments: Sequence[str]) -> Role:
    """What a program is, by its names, and where it runs a script, by that."""
    names = {name, program_name(name, executable), os.path.basename(executable)}
    if names & HOSTS or _of_a_host(executable, arguments):
        return "host"
    if names & TERMINALS:
        return "terminal"
    if names & LOGINS:
        return "login"
    if names & EDITORS:
        return "editor"
    return "login_shell" if _is_login_shell(names, arguments) else ""


def _of_a_host(executable: str, arguments: Sequence[str]) -> bool:
    script = next((argument for argument in arguments[1:] if not argument.startswith("-")), "")
    return bool(_HOST_PLACES & {*executable.split("/")[:-1], *script.split("/")[:-1]})


def _is_login_shell(names: set[str], arguments: Sequence[str]) -> bool:
    if not arguments or not names & SHELLS:
        return False
    if arguments[0].startswith("-"):
        return True
    # `bash -lc COMMAND` is how agents start a shell.
    options = [argument for argument in arguments[1:] if argument.startswith("-")]
    return ("--login" in options or "-l" in options) and len(options) == len(arguments) - 1
