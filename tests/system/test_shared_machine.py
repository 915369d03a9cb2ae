"""A machine that several people share: a daemon for each of them, one for shared trees, and what keeps them apart."""

from __future__ import annotations

import json

import pytest

from tests.system.machine import Machine, User
from tests.system.service import Service

PORTS = {"ada": 8001, "bob": 8002}
FORBIDDEN = 77


@pytest.fixture(scope="module")
def users(installed: Machine) -> dict[str, User]:
    """Two users without a service manager of their own, each with a repository in /srv that all may read."""
    made = {}
    for name in PORTS:
        made[name] = user = installed.add_user(name)
        installed.run("install", "-d", "-o", name, "-m", "755", f"/srv/{name}")
        user.home = f"/srv/{name}"
        user.repository()
    return made


@pytest.fixture(scope="module")
def services(users: dict[str, User]) -> dict[str, Service]:
    """The system's service for each of them."""
    made = {}
    for name, port in PORTS.items():
        machine = users[name].machine
        machine.write(f"/etc/obsd/{name}/obsd.toml", f'[metrics]\nlisten = "127.0.0.1:{port}"\n')
        machine.run("systemctl", "enable", "--now", f"obsd@{name}.service")
        made[name] = Service(users[name], f"obsd@{name}.service", system=True, port=port)
    return made


@pytest.fixture(scope="module")
def shared(installed: Machine) -> Service:
    """The service for shared trees, which root steers."""
    installed.run("systemctl", "start", "obsd-system.service")
    return Service(User(installed, "root", 0), "obsd-system.service", system=True)


def daemon_status(machine: Machine, pid: int) -> dict[str, str]:
    """What the kernel says of a process."""
    lines = machine.run("cat", f"/proc/{pid}/status").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


@pytest.mark.parametrize("unit", ["obsd-system.service", "obsd@ada.service"])
def test_the_units_score_two_or_better(installed: Machine, unit: str) -> None:
    # The threshold is in tenths.
    installed.run("systemctl", "daemon-reload")
    result = installed.try_run("systemd-analyze", "security", "--no-pager", "--threshold=20", unit)
    assert result.returncode == 0, result.stdout


def test_each_user_has_a_daemon_that_is_that_user(services: dict[str, Service], users: dict[str, User]) -> None:
    for name, service in services.items():
        user = users[name]
        user.run("obsctl", "add-workspace", f"/srv/{name}/repo")
        user.script("cd ~/repo; echo x >x; git add x; git commit -qm 'feat: add a file of one line'")
        service.wait_for("git_commits_total", 1, workspace="repo", author=name.title())
        service.wait_for("obsd_hook_reports_total", 1, workspace="repo", result="counted")
        found = daemon_status(user.machine, service.pid)
        assert set(found["Uid"].split()) == {str(user.uid)}
        assert int(found["CapEff"], 16) == int(found["CapBnd"], 16) == 0
        assert (found["NoNewPrivs"], found["Seccomp"]) == ("1", "2")


def test_an_agent_at_work_is_seen_from_the_sandbox(services: dict[str, Service], users: dict[str, User]) -> None:
    ada = users["ada"]
    ada.script("cp /bin/sleep ~/claude; cd ~/repo; (~/claude 60 >/dev/null 2>&1 &); echo y >>x")
    services["ada"].wait_for("obsd_agent_present", 1, workspace="repo", agent="claude-code")
    warnings = json.loads(ada.run("obsctl", "--json", "status"))["warnings"]
    # She is not in the helper's group; what the process scan sees does not depend on it.
    assert [one["code"] for one in warnings] == ["writers_refused"]


def test_a_user_registers_only_what_that_user_owns(services: dict[str, Service], users: dict[str, User]) -> None:
    ada = users["ada"]
    ada.run("git", "-c", "safe.directory=*", "-C", "/srv/bob/repo", "log", "-1")  # she may read it
    result = ada.try_run("obsctl", "--json", "add-workspace", "/srv/bob/repo", "--no-hooks")
    assert result.returncode == FORBIDDEN
    assert json.loads(result.stderr)["reason"] == "not_owned"
    ada.script("ln -s /srv/bob/repo ~/mine")
    assert ada.try_run("obsctl", "add-workspace", "/srv/ada/mine", "--no-hooks").returncode == FORBIDDEN
    assert len(json.loads(ada.run("obsctl", "--json", "workspaces"))["workspaces"]) == 1


def test_no_user_reaches_the_daemon_of_another(
    services: dict[str, Service], shared: Service, users: dict[str, User]
) -> None:
    ada, bob = users["ada"], users["bob"]
    for socket in ("/run/obsd/ada/obsd.sock", "/run/obsd-system/obsd.sock"):
        assert bob.try_run("obsctl", "--socket", socket, "status").returncode == FORBIDDEN
    for folder in ("/run/obsd/ada", "/var/lib/obsd/ada"):
        assert bob.try_run("ls", folder).returncode != 0
        assert ada.run("stat", "-c", "%U %a", folder).strip() == "ada 700"
    assert ada.run("stat", "-c", "%U %a", "/run/obsd/ada/obsd.sock").strip() == "ada 600"


def test_the_daemons_can_write_nothing_of_anybody(services: dict[str, Service], users: dict[str, User]) -> None:
    machine, pid = users["ada"].machine, services["ada"].pid
    for place in ("/srv/ada/repo/x", "/home/ada/.profile", "/etc/hostname", "/usr/bin/obsd"):
        result = machine.try_run("nsenter", f"--target={pid}", "--mount", "touch", place)
        assert "Read-only file system" in result.stderr


def test_a_shared_tree_is_read_through_a_group_and_runs_nothing(shared: Service, users: dict[str, User]) -> None:
    bob, machine = users["bob"], users["bob"].machine
    machine.run("install", "-d", "-o", "bob", "-g", "obsd", "-m", "2750", "/srv/team")
    bob.home = "/srv/team"
    bob.repository("tree")
    bob.home = "/srv/bob"
    trap = "#!/bin/sh\ntouch /srv/bob/ran-$(id -un)\n"
    bob.script('printf %s "$1" >~/trap; chmod 755 ~/trap; chmod 777 ~', trap)
    for key in ("core.fsmonitor", "diff.external", "diff.x.textconv", "core.sshCommand", "core.pager"):
        bob.run("git", "-C", "/srv/team/tree", "config", key, "/srv/bob/trap")
    machine.run("obsctl", "add-workspace", "/srv/team/tree", "--no-hooks")
    bob.script(
        "cd /srv/team/tree; echo '* diff=x' >.gitattributes; git -c core.fsmonitor=false add .gitattributes;"
        "git -c core.fsmonitor=false commit -qm 'feat: lay a trap for whoever reads'; rm -f ~/ran-bob"
    )
    shared.wait_for("git_commits_total", 1, workspace="tree", author="Bob")
    shared.wait_for("obsd_commit_lines_total", 1, workspace="tree", direction="added")
    assert bob.run("ls", "/srv/bob").split() == ["repo", "trap"]
    assert json.loads(machine.run("obsctl", "--json", "status"))["socket"] == "/run/obsd-system/obsd.sock"


def test_a_tree_that_nobody_opened_stays_closed(shared: Service, users: dict[str, User]) -> None:
    machine = users["bob"].machine
    machine.run("install", "-d", "-o", "bob", "-m", "700", "/srv/closed")
    result = machine.try_run("obsctl", "--json", "add-workspace", "/srv/closed", "--no-hooks")
    assert result.returncode == FORBIDDEN
    assert json.loads(result.stderr)["reason"] == "path_unreadable"


def test_a_capability_opens_what_is_closed(shared: Service, users: dict[str, User]) -> None:
    machine = users["bob"].machine
    shared.set(CapabilityBoundingSet="CAP_DAC_READ_SEARCH", AmbientCapabilities="CAP_DAC_READ_SEARCH")
    machine.run("obsctl", "add-workspace", "/srv/closed", "--no-hooks")
    users["bob"].run("sh", "-c", "echo secret >/srv/closed/file.txt")
    shared.wait_for("copilot_files_modified_total", 1, workspace="closed", operation="created")
    result = machine.try_run("nsenter", f"--target={shared.pid}", "--mount", "touch", "/srv/closed/file.txt")
    assert "Read-only file system" in result.stderr
    machine.run("obsctl", "remove-workspace", "closed")
    shared.set()


def test_reload_restart_and_stop_work(services: dict[str, Service], shared: Service) -> None:
    for service in (*services.values(), shared):
        service.systemctl("reload")
        service.systemctl("restart")
        service.wait_for("obsd_watcher_up", 1)
        service.systemctl("stop")
        assert service.show("Result") == "success"
