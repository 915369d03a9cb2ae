"""A helper as root and a reader as an ordinary user, with the test in the daemon's place; stand-ins for agents.

Owns the processes and ends them. The reader is the real one, and the kernel is.
"""

from __future__ import annotations

import json
import os
import pwd
import select
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from obsd.watcher.protocol import LENGTH, encode
from obsd.writers import syscalls
from obsd.writers.seen import WriterSeen, WritersLost, decode_seen
from tests.support import wait_until

WAIT_SECONDS = 30.0
NOBODY = pwd.getpwnam("nobody")

# Privileges are dropped once all is imported: the checkout may be root's alone.
_READER = """
import os, socket, sys
from obsd.writers import reader
number, uid, gid = map(int, sys.argv[1:4])
os.setgroups([gid]); os.setresgid(gid, gid, gid); os.setresuid(uid, uid, uid)
reader.run(socket.socket(fileno=number))
"""


def require_fanotify() -> None:
    """Skips where the kernel gives root no fanotify group (a container), and says so."""
    try:
        os.close(syscalls.fanotify_group())
    except OSError as error:
        pytest.skip(f"the kernel gives no fanotify group here: {error.strerror}")


class Helper:
    """The command obsd-writers in the foreground, with a policy of its own."""

    def __init__(self, folder: Path, policy: str = 'groups = []\nusers = ["nobody"]\n') -> None:
        self.policy = folder / "writers.conf"
        self.policy.write_text(policy)
        self.policy.chmod(0o644)
        self.socket = folder / "writers.sock"
        self._log = folder / "helper.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str, prefix: Sequence[str] = ()) -> Helper:
        """Returns when it serves; `prefix` is a command that starts it, in surroundings of its own."""
        command = [*prefix, sys.executable, "-m", "obsd.writers.helper", "--listen", str(self.socket)]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen([*command, "--policy", str(self.policy), *options], stderr=log)
        wait_until(self._serves, "the helper's socket")
        return self

    def _serves(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
            return probe.connect_ex(str(self.socket)) == 0

    def stop(self) -> int:
        """Its exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(WAIT_SECONDS)

    @property
    def log(self) -> str:
        return self._log.read_text()


class ReaderRig:
    """A reader that serves this test; what it tells is collected."""

    def __init__(
        self,
        helper_socket: Path,
        user: pwd.struct_passwd = NOBODY,
        prefix: Sequence[str] = (),
        **settings: object,
    ) -> None:
        self.seen: list[WriterSeen] = []
        self.lost: list[WritersLost] = []
        self.state: dict[str, Any] = {}
        self._probed: set[str] = set()
        self._token = 0
        self._socket, theirs = socket.socketpair()
        with theirs:
            number = str(theirs.fileno())
            command = [*prefix, sys.executable, "-c", _READER, number, str(user.pw_uid), str(user.pw_gid)]
            self.process = subprocess.Popen(command, pass_fds=[theirs.fileno()])
        self.send("start", {"socket": str(helper_socket), **settings})

    def send(self, kind: str, *values: object) -> None:
        self._socket.sendall(encode(kind, *values))

    def add(self, *directories: Path) -> ReaderRig:
        """Has directories marked; returns when they are."""
        self.send("add", [str(directory) for directory in directories])
        self.settle()
        return self

    def settle(self) -> list[WriterSeen]:
        """All that was told since the last call, up to what the kernel knows now."""
        self._token += 1
        token = f"probe{self._token}"
        self.send("probe", token)
        self._until(lambda: token in self._probed)
        seen, self.seen = self.seen, []
        return seen

    def await_seen(self, name: str) -> None:
        """Returns when something was told of a file of that name, without asking for it."""
        self._until(lambda: any(one.name == name for one in self.seen))

    def wait_state(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        self._until(lambda: bool(self.state) and condition(self.state))
        return self.state

    def stop(self) -> None:
        self._socket.close()
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGCONT)
        self.process.wait(WAIT_SECONDS)

    def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            assert select.select([self._socket], [], [], WAIT_SECONDS)[0], f"nothing came; state {self.state}"
            self._take(json.loads(self._exactly(LENGTH.unpack(self._exactly(LENGTH.size))[0])))

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self._socket.recv(count - len(data))
            assert more, f"the reader ended: {self.process.wait(WAIT_SECONDS)}"
            data += more
        return data

    def _take(self, frame: list[Any]) -> None:
        kind, values = frame[0], frame[1:]
        if kind == "seen":
            self.seen += decode_seen(*values)
        elif kind == "lost":
            self.lost.append(WritersLost(*values))
        elif kind == "state":
            self.state = values[0]
        elif kind == "probed":
            self._probed.add(values[0])


class Agent:
    """A stand-in: a process of the reader's user with an agent's real name, that runs lines of Python it is sent."""

    # A user's process can be looked at by the user; one that changed its user only if it says so (PR_SET_DUMPABLE).
    _LOOP = textwrap.dedent("""
        import ctypes, mmap, os, subprocess, sys
        uid, gid = int(sys.argv[1]), int(sys.argv[2])
        os.setgroups([gid]); os.setresgid(gid, gid, gid); os.setresuid(uid, uid, uid)
        ctypes.CDLL(None).prctl(4, 1)
        for line in sys.stdin:
            exec(line)
            print(flush=True)
    """)

    def __init__(
        self,
        name: str,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        user: pwd.struct_passwd = NOBODY,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.program = folder / name
        if not self.program.exists():
            shutil.copy(Path(sys.executable).resolve(), self.program)
        home = {"PYTHONHOME": sys.base_prefix}
        self.process = subprocess.Popen(
            [str(self.program), "-S", "-c", self._LOOP, str(user.pw_uid), str(user.pw_gid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], **home, **(environment or {})},
            pass_fds=pass_fds,
            text=True,
            bufsize=1,
        )

    @property
    def pid(self) -> int:
        return self.process.pid

    def run(self, line: str) -> None:
        """Returns when the line has been run."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        assert self.process.stdout.readline() == "\n", f"the stand-in ended: {self.process.poll()}"

    def shell(self, command: str, **environment: str) -> None:
        """Runs a shell command below it, as agents' tools do."""
        self.run(f"subprocess.run(['sh', '-c', {command!r}], env=os.environ | {environment!r}, check=True)")

    def stop(self) -> None:
        with self.process:
            assert self.process.stdin is not None
            self.process.stdin.close()
            self.process.wait(WAIT_SECONDS)


def authors(seen: list[WriterSeen], name: str) -> set[tuple[str, str]]:
    """(agent, program) of all who did something to a file."""
    return {(one.agent, one.program) for one in seen if one.name == name}


def agents(seen: list[WriterSeen], name: str) -> set[str]:
    return {one.agent for one in seen if one.name == name}
