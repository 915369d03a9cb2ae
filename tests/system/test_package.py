"""The packages on Debian 12 and 13: what they bring, and a user's obsd under a real systemd.

The tests of a machine run in order: each goes on where the one before it ended.
"""

from __future__ import annotations

import json
import shutil

import pytest

from tests.support import wait_until
from tests.system.conftest import NEWER, ROOT
from tests.system.machine import Machine, User
from tests.system.service import Service

COUNT = 40
LIMIT_BYTES = 200 << 20
# A watcher that may keep more contents than the service has memory.
GREEDY = "[watch]\nbaseline_bytes = 4294967296\nmax_measured_bytes = 100000000\n"
IMPORT_ALL = """
import importlib, pkgutil, obsctl, obsd
for package in (obsctl, obsd):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
"""
EXPORT = """{"resourceMetrics": [{"resource": {"attributes": [
  {"key": "service.name", "value": {"stringValue": "claude-code"}}]},
  "scopeMetrics": [{"metrics": [{"name": "claude_code.session.count", "sum": {"aggregationTemporality": 1,
  "isMonotonic": true, "dataPoints": [{"asInt": "1", "timeUnixNano": "1790000000000000000",
  "attributes": [{"key": "session.id", "value": {"stringValue": "s1"}}]}]}}]}]}]}"""
PROFILE = "source /usr/share/bash-completion/completions/obsctl"


def commits(user: User) -> int:
    """How many commits her repository has besides the first, which was made before it was watched."""
    return int(user.run("git", "-C", f"{user.home}/repo", "rev-list", "--count", "HEAD")) - 1


def counted(service: Service) -> float:
    """How many commits are in the metrics."""
    return service.scrape().sum("git_commits_total", workspace="repo")


def commit(user: User) -> None:
    """Makes a commit that adds a line."""
    user.script("cd ~/repo; echo line >>log; git add log; git commit -qm 'feat: add a line to the log'")


def commit_beside(user: User) -> None:
    """Makes COUNT commits in the background; the file `done` comes when they are there."""
    one = "git commit -q --allow-empty -m 'feat: go on with it'; sleep 0.05"
    user.script(f"rm -f ~/done; (cd ~/repo; for i in $(seq {COUNT}); do {one}; done; touch ~/done) >/dev/null 2>&1 &")


def wait_done(user: User) -> None:
    """Returns when these commits are made."""
    wait_until(lambda: user.try_run("test", "-e", "done").returncode == 0, "all commits", 120)


def test_nothing_runs_that_was_not_asked_for(installed: Machine) -> None:
    user = installed.add_user("eve", linger=True)
    assert user.try_run("systemctl", "--user", "is-enabled", "obsd").stdout.strip() == "disabled"
    for unit in ("obsd-system.service", "obsd@eve.service"):
        assert installed.try_run("systemctl", "is-enabled", unit).stdout.strip() == "disabled"
        assert installed.try_run("systemctl", "is-active", unit).stdout.strip() == "inactive"
    assert installed.try_run("pgrep", "-f", "/usr/bin/obsd").stdout == ""


def test_pages_and_completions_work(installed: Machine) -> None:
    for name, section in (("obsd", 8), ("obsd-writers", 8), ("obsctl", 1), ("obsd.toml", 5), ("obsd-metrics", 7)):
        page = f"/usr/share/man/man{section}/{name}.{section}.gz"
        shown = installed.try_run("man", "--warnings", "--encoding=UTF-8", "--local-file", page)
        assert (shown.returncode, shown.stderr) == (0, "")
        assert "SEE ALSO" in shown.stdout
    for typed, wanted in (("add", "add-workspace"), ("hooks inst", "install"), ("commits --lim", "--limit")):
        words = f"COMP_WORDS=(obsctl {typed}); COMP_CWORD={len(typed.split())}; _obsctl_complete"
        offered = installed.run("bash", "-c", f"{PROFILE}; {words}; echo ${{COMPREPLY[@]}}")
        assert offered.split() == [wanted]
    for name in ("obsd", "obsctl"):
        installed.run("zsh", "-n", f"/usr/share/zsh/vendor-completions/_{name}")
    offered = installed.run("fish", "-c", "complete --do-complete 'obsctl remove'")
    assert offered.startswith("remove-workspace\t")


def test_the_extension_of_editors_is_found_where_the_package_has_it(installed: Machine) -> None:
    found = [path for path in installed.run("dpkg", "-L", "obsd").split() if path.endswith(".vsix")]
    if not found and shutil.which("npm") is None:
        pytest.skip("not installed: npm, which builds the extension for VS Code")
    installed.run("ln", "-sf", "/bin/true", "/usr/bin/code")
    shown = installed.run("obsctl", "agents", "setup", "vscode")
    installed.run("rm", "/usr/bin/code")
    assert [f"code --install-extension {path} --force" in shown for path in found] == [True]


def test_what_debians_own_protoc_made_is_there_and_works(installed: Machine) -> None:
    modules = installed.run("dpkg", "-L", "obsd")
    assert "/usr/lib/python3/dist-packages/obsd/v1/commit_pb2_grpc.py" in modules
    installed.run("python3", "-c", "import obsd.client, obsd.v1.commit_pb2_grpc")


def test_every_module_finds_what_it_needs_in_debian(installed: Machine) -> None:
    result = installed.try_run("python3", "-W", "error::ImportWarning", "-c", IMPORT_ALL)
    assert result.returncode == 0, result.stderr


def test_its_own_smoke_test_passes(installed: Machine) -> None:
    # autopkgtest would run it on a machine of its own; nothing of systemd is needed.
    script = (ROOT / "packaging/debian/tests/smoke").read_text("utf-8")
    installed.write("/usr/local/bin/smoke", script)
    shown = installed.add_user("grace").run("sh", "/usr/local/bin/smoke")
    assert shown.endswith("smoke: an edit and a commit were counted\n")


def test_an_edit_and_a_commit_show_in_a_scrape(service: Service, ada: User) -> None:
    ada.script("echo hello >~/repo/note.md")
    service.wait_for("copilot_files_modified_total", 1, operation="created", file_type="markdown")
    ada.script("cd ~/repo; git add note.md; CLAUDECODE=1 git commit -qm 'feat: say hello in a note'")
    service.wait_for("git_commits_total", 1, workspace="repo", author="Ada", branch="main")
    [found] = json.loads(ada.run("obsctl", "--json", "commits", "--limit", "1"))["commits"]
    assert (found["agent"], found["evidence"], found["lines_added"]) == ("claude-code", "environment", 1)
    assert found["id"] == ada.run("git", "-C", f"{ada.home}/repo", "rev-parse", "HEAD").strip()
    assert "1 workspace" in service.show("StatusText")


def test_the_doctor_tells_what_is_missing(service: Service, ada: User) -> None:
    assert "systemctl --user enable obsd" in ada.run("obsctl", "doctor")
    ada.systemctl("enable", "obsd")
    told = ada.run("obsctl", "doctor")
    assert "systemctl --user enable obsd" not in told
    assert "enable-linger" not in told
    # `loginctl disable-linger` would end her manager, and the daemon with it.
    ada.machine.run("rm", "/var/lib/systemd/linger/ada")
    assert "loginctl enable-linger" in ada.run("obsctl", "doctor")
    ada.machine.run("touch", "/var/lib/systemd/linger/ada")


def test_the_journal_can_be_searched(service: Service, ada: User) -> None:
    ready = ada.run("python3", "-c", "from obsd.host.journald import MESSAGE_IDS as m; print(m['ready'])").strip()
    assert "ready: API at" in service.journal(f"MESSAGE_ID={ready}")
    assert "repo" in service.journal("OBSD_WORKSPACE=repo")


def test_a_reload_waits_for_its_result(service: Service, ada: User) -> None:
    ada.script("mkdir -p ~/.config/obsd; echo 'sessions.idle_timeout_seconds = 61' >~/.config/obsd/obsd.toml")
    service.systemctl("reload")
    assert "idle_timeout_seconds: 300.0 -> 61.0" in service.journal()
    ada.script("echo 'nonsense = 1' >~/.config/obsd/obsd.toml")
    assert service.try_systemctl("reload").returncode != 0
    assert service.show("ActiveState") == "active"
    ada.script("rm ~/.config/obsd/obsd.toml")
    service.systemctl("reload")


def test_telemetry_is_taken_over_http_and_grpc(service: Service, ada: User) -> None:
    settings = '[telemetry]\nhttp = "127.0.0.1:4318"\ngrpc = "127.0.0.1:4317"\n'
    ada.script('printf %s "$1" >~/.config/obsd/obsd.toml', settings)
    service.systemctl("restart")
    url = "http://127.0.0.1:4318/v1/metrics"
    answer = ("-sS", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Content-Type: application/json", "-d", EXPORT)
    assert ada.run("curl", *answer, url) == "200"
    dial = "import grpc; grpc.channel_ready_future(grpc.insecure_channel('127.0.0.1:4317')).result(timeout=20)"
    ada.run("python3", "-c", dial)
    assert service.sum("obsd_telemetry_last_seen_timestamp_seconds") > 0
    ada.script("rm ~/.config/obsd/obsd.toml")
    service.systemctl("restart")


def test_restarts_under_load_lose_no_commit(service: Service, ada: User) -> None:
    before = service.pid
    commit_beside(ada)
    for _ in range(3):
        service.systemctl("restart")
    wait_done(ada)
    assert service.pid != before
    service.wait_for("git_commits_total", commits(ada), workspace="repo")


def test_a_watcher_that_is_killed_comes_back(service: Service, ada: User) -> None:
    [watcher] = service.watchers()
    restarts = service.scrape().sum("obsd_watcher_restarts_total", workspace="repo")
    ada.run("kill", "-KILL", str(watcher))
    ada.script("echo more >~/repo/while-away.md")
    service.wait_for("obsd_watcher_restarts_total", restarts + 1, workspace="repo")
    service.wait_for("copilot_files_modified_total", 2, operation="created", file_type="markdown")
    assert service.show("NRestarts") == "0"


def test_a_daemon_that_is_killed_comes_back_with_its_numbers(service: Service, ada: User) -> None:
    before, total = service.pid, counted(service)
    ada.run("kill", "-KILL", str(before))
    wait_until(lambda: service.pid not in (0, before), "a new daemon", 60)
    ada.run("obsctl", "wait")
    assert counted(service) == total
    commit(ada)
    service.wait_for("git_commits_total", total + 1, workspace="repo")
    assert service.show("NRestarts") == "1"


def test_the_watchdog_ends_a_daemon_that_hangs(service: Service, ada: User) -> None:
    service.set(WatchdogSec="3")
    before, total = service.pid, counted(service)
    ada.run("kill", "-STOP", str(before))
    wait_until(lambda: service.pid not in (0, before), "the watchdog", 90)
    ada.run("obsctl", "wait")
    service.wait_for("git_commits_total", total, workspace="repo")
    assert "Watchdog timeout" in ada.machine.run("journalctl", "--no-pager", "-o", "cat", "-n", "400")
    service.set()


def test_a_watcher_at_the_memory_limit_harms_nobody_else(service: Service, ada: User) -> None:
    ada.script('mkdir -p ~/heavy ~/.config/obsd; printf %s "$1" >~/.config/obsd/obsd.toml', GREEDY)
    service.systemctl("reload")
    ada.run("obsctl", "add-workspace", f"{ada.home}/heavy")
    total, before, restarts = counted(service), service.pid, service.scrape().sum("obsd_watcher_restarts_total")
    with service.memory_limit(LIMIT_BYTES):
        ada.script("for i in $(seq 12); do base64 -w 76 /dev/urandom | head -c 25000000 >~/heavy/$i.txt; done || :")
        wait_until(lambda: service.sum("obsd_watcher_restarts_total", workspace="heavy") > 0, "the limit", 60)
        commit(ada)
        service.wait_for("git_commits_total", total + 1, workspace="repo")
    assert service.pid == before
    assert service.sum("obsd_watcher_restarts_total", workspace="repo") == restarts
    ada.script("rm -rf ~/heavy ~/.config/obsd/obsd.toml")
    service.systemctl("reload")
    ada.run("obsctl", "remove-workspace", "heavy")


def test_a_fault_in_the_configuration_is_not_tried_again(service: Service, ada: User) -> None:
    ada.script("mkdir -p ~/.config/obsd; echo 'nonsense = 1' >~/.config/obsd/obsd.toml")
    service.forgive()
    assert service.try_systemctl("restart").returncode != 0
    assert service.show("ActiveState") == "failed"
    assert service.show("ExecMainStatus") == "78"
    assert service.show("NRestarts") == "0"
    ada.script("rm ~/.config/obsd/obsd.toml")
    service.forgive()
    service.systemctl("start")


def test_an_upgrade_while_it_runs_loses_no_commit(service: Service, ada: User, installed: Machine) -> None:
    service.forgive()
    before = service.pid
    commit_beside(ada)
    installed.apt_install(*installed.run("sh", "-c", "ls /mnt/host/newer/*.deb").split())
    assert installed.run("dpkg-query", "-W", "-f", "${Version}", "obsd") == NEWER
    assert service.pid not in (0, before)
    versions = json.loads(ada.run("obsctl", "--json", "version"))
    assert versions["version"] == versions["daemon_version"] == "0.1.1"
    wait_done(ada)
    service.wait_for("git_commits_total", commits(ada), workspace="repo")


def test_purge_leaves_what_is_the_users_and_nothing_else(ada: User, installed: Machine) -> None:
    installed.run("apt-get", "remove", "-y", "obsd", "obsd-system", "obsd-writers", "obsd-monitoring")
    assert installed.try_run("pgrep", "-u", "ada", "-f", "obsd").stdout == ""
    installed.run("test", "-e", "/etc/obsd/obsd.toml")
    # The ones with anything left to purge; apt knows no more of the others.
    installed.run("apt-get", "purge", "-y", "obsd-system", "obsd-writers")
    folders = ("/etc", "/var/lib", "/usr", "/run", "/opt")
    left = installed.run("find", *folders, "-xdev", "-name", "*obsd*").splitlines()
    others = ("/run/user/", "/var/lib/systemd/", "/usr/share/zsh/functions/Completion/BSD/")
    assert [path for path in left if not path.startswith(others)] == []
    ada.run("test", "-e", f"{ada.home}/.local/state/obsd/ledger.sqlite3")
    result = ada.try_run("git", "-C", f"{ada.home}/repo", "commit", "-q", "--allow-empty", "-m", "feat: without")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
