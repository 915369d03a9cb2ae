"""The helper on a machine of several users: started by its socket, for those whom root allows, and for nobody else.

A container has namespaces of its own, where the kernel has no process connector: what lives is traced nevertheless.
"""

from __future__ import annotations

import json

import pytest

from tests.system.machine import Machine, User

# A user's reader with the test in the daemon's place: marks folders, runs a command, prints who was seen.
LOOK = """
import json, os, socket, subprocess, sys, threading
from obsd.watcher.protocol import LENGTH, encode
from obsd.writers import reader
from obsd.writers.seen import decode_seen
ours, theirs = socket.socketpair()
threading.Thread(target=reader.run, args=(theirs,), daemon=True).start()
def exactly(count):
    data = b""
    while len(data) < count:
        data += ours.recv(count - len(data))
    return data
def settle():
    ours.sendall(encode("probe", "t"))
    seen, state = [], {}
    while True:
        kind, *values = json.loads(exactly(LENGTH.unpack(exactly(4))[0]))
        if kind == "seen":
            seen += decode_seen(*values)
        elif kind == "state":
            state = values[0]
        elif kind == "probed":
            return seen, state
ours.sendall(encode("start", {}) + encode("add", sys.argv[2:]))
_, state = settle()
subprocess.run(sys.argv[1], shell=True)
seen, _ = settle()
print(json.dumps({"state": state, "seen": [[one.directory, one.name, one.agent, one.program] for one in seen]}))
"""


@pytest.fixture(scope="module")
def users(installed: Machine) -> dict[str, User]:
    """Two users whom root allows, and one whom root does not."""
    made = {}
    for name in ("ada", "bob", "eve"):
        made[name] = installed.add_user(name)
        installed.run("install", "-d", "-o", name, "-m", "700", f"/srv/{name}")
        installed.run("install", "-d", "-o", name, "-m", "755", f"/srv/{name}-open")
    for name in ("ada", "bob"):
        installed.run("usermod", "-aG", "obsd-writers", name)
    return made


def look(user: User, command: str, *folders: str) -> dict[str, object]:
    """What a user's reader tells of a command."""
    printed = user.run("python3", "-c", LOOK, command, *folders)
    found: dict[str, object] = json.loads(printed.splitlines()[-1])
    return found


def test_the_socket_serves_and_the_helper_scores_well(installed: Machine) -> None:
    assert installed.run("systemctl", "is-active", "obsd-writers.socket").strip() == "active"
    assert installed.run("stat", "-c", "%U %a", "/run/obsd-writers/socket").strip() == "root 666"
    # The threshold is in tenths.
    installed.run("systemd-analyze", "security", "--no-pager", "--threshold=15", "obsd-writers.service")


def test_whom_root_allows_learns_who_writes(installed: Machine, users: dict[str, User]) -> None:
    found = look(users["ada"], "echo x >/srv/ada/f; sleep 0.3; true", "/srv/ada")
    assert found["state"]["up"], found  # type: ignore[index]
    assert {tuple(row[:2]) for row in found["seen"]} == {("/srv/ada", "f")}  # type: ignore[attr-defined]
    pid = installed.run("systemctl", "show", "--value", "--property=MainPID", "obsd-writers.service").strip()
    status = installed.run("cat", f"/proc/{pid}/status")
    [effective] = [line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")]
    assert int(effective, 16) == (1 << 21) | (1 << 12)
    assert "Uid:\t0" not in status


def test_an_agent_of_the_user_is_named(users: dict[str, User]) -> None:
    users["ada"].script("cp /bin/bash ~/claude")
    command = "~/claude -c 'echo x >/srv/ada/g; sleep 0.3; true'"
    found = look(users["ada"], command, "/srv/ada")
    assert found["seen"] == [["/srv/ada", "g", "claude-code", "claude"]]


def test_whom_root_does_not_allow_gets_nothing_but_the_way(users: dict[str, User]) -> None:
    state = look(users["eve"], "true", "/srv/eve")["state"]
    assert isinstance(state, dict)
    assert (state["up"], state["reason"]) == (False, "not_allowed")
    assert "usermod -aG obsd-writers" in state["hint"]


def test_no_user_learns_of_anothers_folders(users: dict[str, User]) -> None:
    found = look(users["bob"], "echo x >/srv/bob/own", "/srv/bob", "/srv/ada")
    assert {tuple(row[:2]) for row in found["seen"]} == {("/srv/bob", "own")}  # type: ignore[attr-defined]
    assert found["state"]["directories"] == 1  # type: ignore[index]


def test_roots_policy_decides(installed: Machine, users: dict[str, User]) -> None:
    installed.write("/etc/obsd/writers.conf", 'groups = []\nusers = ["eve"]\n')
    assert look(users["eve"], "true", "/srv/eve")["state"]["up"]  # type: ignore[index]
    assert not look(users["ada"], "true", "/srv/ada")["state"]["up"]  # type: ignore[index]
    installed.run("chmod", "o+w", "/etc/obsd/writers.conf")
    assert look(users["eve"], "true", "/srv/eve")["state"]["reason"] == "bad_policy"  # type: ignore[index]
    installed.run("rm", "/etc/obsd/writers.conf")


def test_nothing_is_left_of_the_package(installed: Machine, users: dict[str, User]) -> None:
    look(users["ada"], "true", "/srv/ada")
    installed.run("apt-get", "purge", "-y", "obsd-writers")
    assert installed.try_run("pgrep", "-f", "/usr/bin/obsd-writers").stdout == ""
    assert installed.try_run("getent", "group", "obsd-writers").stdout == ""
    left = installed.run("find", "/etc", "/run", "/usr", "/var/lib", "-xdev", "-name", "*obsd-writers*").split()
    assert [path for path in left if not path.startswith("/var/lib/dpkg/")] == []
    assert look(users["ada"], "true", "/srv/ada")["state"]["reason"] == "no_helper"  # type: ignore[index]
