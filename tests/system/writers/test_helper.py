"""The privileged helper in the foreground: whom it serves, what it hands over, where it refuses, when it ends."""

from __future__ import annotations

import os
import pwd
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from obsd.writers import access
from obsd.writers.access import Access, NoAccess
from obsd.writers.handover import decode_answer
from obsd.writers.helper_server import GROUPS_A_USER
from tests.support import wait_until
from tests.system.writers.rig import WAIT_SECONDS, Helper, require_fanotify

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="handing over fanotify groups needs root")

ANN, EVE = pwd.getpwnam("nobody"), pwd.getpwnam("daemon")
_ASK = """
import os, sys
from obsd.writers import access
uid, gid = int(sys.argv[1]), int(sys.argv[2])
os.setgroups([int(group) for group in sys.argv[4].split()]); os.setresgid(gid, gid, gid); os.setresuid(uid, uid, uid)
try:
    found = access.ask([1, 2], path=sys.argv[3])
    print(len(found.groups), found.connector is not None, found.without_connector, sep="|")
except access.NoAccess as error:
    print(error.reason, error.message, error.hint, sep="|")
"""


@pytest.fixture
def helper(short_tmp: Path) -> Iterator[Helper]:
    require_fanotify()
    short_tmp.chmod(0o755)
    made = Helper(short_tmp)
    yield made
    made.stop()


def ask(helper: Helper, user: pwd.struct_passwd, *prefix: str, groups: str = "") -> list[str]:
    """What a user gets: number of groups, connector, why none; or reason, message, hint."""
    command = [*prefix, sys.executable, "-c", _ASK, str(user.pw_uid), str(user.pw_gid), str(helper.socket), groups]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().split("|")


def test_it_hands_over_a_group_for_each_device_and_a_connector(helper: Helper) -> None:
    helper.start()
    assert ask(helper, ANN)[:2] == ["2", "True"]
    assert f"user {ANN.pw_uid}" in helper.log


def test_who_is_not_in_the_policy_is_told_the_way_in(helper: Helper) -> None:
    helper.policy.write_text('groups = ["obsd-writers"]\n')
    helper.start()
    reason, message, hint = ask(helper, EVE)
    assert (reason, hint) == ("not_allowed", f"sudo usermod -aG obsd-writers {EVE.pw_name}")
    assert "obsd-writers" in message


def test_a_policy_holds_from_the_next_request_on(helper: Helper) -> None:
    helper.start()
    helper.policy.write_text('users = ["daemon"]\ngroups = []\n')
    assert ask(helper, EVE)[0] == "2"
    assert ask(helper, ANN)[0] == "not_allowed"
    helper.policy.write_text("nonsense = 1\n")
    assert ask(helper, EVE)[0] == "bad_policy"
    helper.policy.write_text('users = ["daemon"]\n')
    helper.policy.chmod(0o666)
    assert ask(helper, EVE)[0] == "bad_policy"
    # Root is never locked out.
    access.ask([1], path=str(helper.socket)).close()


def test_a_group_of_the_process_counts_as_one_of_the_database_does(helper: Helper) -> None:
    helper.policy.write_text('groups = ["games"]\n')
    helper.start()
    assert ask(helper, ANN)[0] == "not_allowed"
    assert ask(helper, ANN, groups="60")[0] == "2"


def test_a_user_is_handed_so_many_and_others_are_not_harmed(helper: Helper) -> None:
    helper.policy.write_text('users = ["daemon", "nobody"]\n')
    helper.start()
    for _ in range(GROUPS_A_USER // 2):
        assert ask(helper, ANN)[0] == "2"
    assert ask(helper, ANN)[0] == "limit"
    assert ask(helper, EVE)[0] == "2"


def test_in_another_process_namespace_nothing_is_handed_over(helper: Helper) -> None:
    helper.start()
    reason, message, _ = ask(helper, ANN, "unshare", "--pid", "--fork", "--mount-proc")
    assert reason == "other_namespace"
    assert "container" in message


def test_a_helper_in_another_network_namespace_says_why_there_is_no_connector(helper: Helper) -> None:
    helper.start(prefix=["unshare", "--net"])
    found = access.ask([1], path=str(helper.socket))
    # On a kernel that lets anybody listen, the asking process does so itself.
    assert found.connector is not None or "network" in found.without_connector
    found.close()


def test_a_helper_without_the_right_says_what_it_lacks(helper: Helper) -> None:
    helper.start(prefix=["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"])
    with pytest.raises(NoAccess) as refused:
        access.ask([1], path=str(helper.socket))
    assert refused.value.reason == "not_permitted"
    assert "CAP_SYS_ADMIN" in refused.value.message


def connect(helper: Helper) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    made.settimeout(WAIT_SECONDS)
    made.connect(str(helper.socket))
    return made


@pytest.mark.parametrize("request_", [b"x", b"{}", b'{"version":2}', b'{"version":1,"devices":[1,1]}', b"x" * 10_000])
def test_what_is_no_request_is_answered_and_harms_nothing(helper: Helper, request_: bytes) -> None:
    helper.start()
    with connect(helper) as connection:
        connection.sendall(request_)
        data, descriptors, _, _ = socket.recv_fds(connection, 4096, 8)
    assert decode_answer(data).reason == "bad_request"
    assert descriptors == []
    access.ask([1], path=str(helper.socket)).close()


def test_who_says_nothing_holds_nobody_up(helper: Helper) -> None:
    helper.start()
    silent = [connect(helper) for _ in range(40)]
    try:
        # More than it takes at once are turned away; the others are when they have said nothing for long enough.
        def served() -> Access | None:
            try:
                return access.ask([1], path=str(helper.socket))
            except NoAccess:
                return None

        wait_until(served, "an answer").close()
    finally:
        for connection in silent:
            connection.close()


def test_it_keeps_no_descriptor_of_what_it_handed_over(helper: Helper) -> None:
    helper.start()
    assert helper.process is not None
    folder = Path(f"/proc/{helper.process.pid}/fd")

    def groups() -> list[str]:
        return [target for target in map(os.readlink, folder.iterdir()) if "fanotify" in target]

    # What it has for itself is open when it has answered once.
    access.ask([1, 2, 3], path=str(helper.socket)).close()
    wait_until(lambda: not groups(), "closed groups")
    before = len(list(folder.iterdir()))
    for _ in range(5):
        access.ask([1, 2, 3], path=str(helper.socket)).close()
    wait_until(lambda: not groups() and len(list(folder.iterdir())) <= before, "closed descriptors")


def test_it_ends_when_it_is_idle_and_leaves_no_socket(helper: Helper) -> None:
    helper.start("--idle-seconds", "0.3")
    assert helper.process is not None
    access.ask([1], path=str(helper.socket)).close()
    assert helper.process.wait(WAIT_SECONDS) == 0
    assert not helper.socket.exists()


def test_what_was_handed_over_stays_good_when_the_helper_has_ended(helper: Helper, short_tmp: Path) -> None:
    from obsd.writers import syscalls

    helper.start()
    found = access.ask([1], path=str(helper.socket))
    assert helper.stop() == 0
    syscalls.mark(found.groups[1], os.fsencode(short_tmp))
    (short_tmp / "f").touch()
    assert os.read(found.groups[1], 4096)
    found.close()


def test_it_takes_a_dead_socket_over_and_no_live_one(helper: Helper) -> None:
    helper.start()
    assert helper.process is not None
    other = [sys.executable, "-m", "obsd.writers.helper", "--listen", str(helper.socket)]
    refused = subprocess.run(other, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "another obsd-writers serves" in refused.stderr
    helper.process.kill()
    helper.process.wait()
    assert helper.socket.exists()
    helper.start()
    wait_until(lambda: answers(helper), "an answer")


def answers(helper: Helper) -> bool:
    try:
        access.ask([1], path=str(helper.socket)).close()
    except NoAccess:
        return False
    return True


def test_a_file_in_the_sockets_place_is_left_alone(helper: Helper) -> None:
    helper.socket.write_text("precious")
    command = [sys.executable, "-m", "obsd.writers.helper", "--listen", str(helper.socket)]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert helper.socket.read_text() == "precious"


def test_it_serves_the_socket_that_systemd_passes(helper: Helper) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(helper.socket))
        helper.socket.chmod(0o666)
        listener.listen()
        code = (
            "import os, sys; os.dup2(int(sys.argv[1]), 3); os.environ['LISTEN_FDS'] = '1';"
            "os.environ['LISTEN_PID'] = str(os.getpid());"
            "os.execv(sys.executable, [sys.executable, '-m', 'obsd.writers.helper', *sys.argv[2:]])"
        )
        command = [sys.executable, "-c", code, str(listener.fileno()), "--policy", str(helper.policy)]
        process = subprocess.Popen([*command, "--idle-seconds", "1"], pass_fds=[listener.fileno()])
        assert ask(helper, ANN)[0] == "2"
        assert process.wait(WAIT_SECONDS) == 0
        assert helper.socket.exists()
