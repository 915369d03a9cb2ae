"""The image and the compose file, run by podman: what a scrape, a rule and a push come to, and what obsd knows inside.

Grafana's image alone is not to be had; its dashboards are queried in test_dashboards.py, and that its files are where
the compose file mounts them from is tested here.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from obsd import __version__
from tests.support import Daemon, remove_tree, wait_until
from tests.system.conftest import ROOT
from tests.system.monitoring_rig import Store, answers, free_port
from tests.system.podman import BASE, Podman, podman, skip_without
from tests.system.writers.rig import NOBODY, Helper, require_fanotify

IMAGE = f"localhost/obsd:{__version__}"
UID = 4321
"""A user that neither this machine nor an image knows."""
SERVICES = {
    "prometheus": "prometheus",
    "alertmanager": "prometheus-alertmanager",
    "pushgateway": "prometheus-pushgateway",
}
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "packaging/compose/compose.yaml").read_text("utf-8"))


class Published(Store):
    """A Prometheus whose address is published by a container."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"


class Folder:
    """A folder with the repository `shop`, both of one user's."""

    def __init__(self, path: Path, uid: int) -> None:
        self.path = path
        self.uid = uid
        os.chown(path, uid, uid)
        self.shop = path / "shop"
        self.as_user("git", "init", "-q", "-b", "main", "shop")
        for key, value in (("user.name", "Ada"), ("user.email", "ada@example.org")):
            self.as_user("git", "config", "--global", key, value)

    def as_user(self, *words: str, cwd: Path | None = None) -> None:
        """Runs a command as the folder's owner."""
        environment = {"HOME": str(self.path), "PATH": os.environ["PATH"]}
        where = cwd or self.path
        subprocess.run(words, cwd=where, env=environment, user=self.uid, group=self.uid, timeout=60, check=True)

    def commit(self, name: str, text: str) -> None:
        """Writes a file and commits it."""
        script = f"printf '%s\\n' {text} > {name} && git add {name} && git commit -qm {name}"
        self.as_user("sh", "-c", script, cwd=self.shop)


class Container:
    """A running obsd in a container; `name` is podman's."""

    def __init__(self, engine: Podman, name: str) -> None:
        self.engine = engine
        self.name = name
        wait_until(lambda: self.json("status").get("workspaces"), "a workspace in the container", 60)

    def json(self, verb: str) -> dict[str, Any]:
        """What a verb of obsctl prints; an empty object while it fails."""
        result = self.engine.try_run("exec", self.name, "obsctl", "--json", verb)
        found: dict[str, Any] = json.loads(result.stdout) if result.returncode in (0, 1) and result.stdout else {}
        return found

    def warnings(self) -> dict[str, str]:
        """The codes of what status warns of, with their texts."""
        return {each["code"]: each["text"] for each in self.json("status")["warnings"]}

    def checks(self) -> dict[str, tuple[str, str]]:
        """What doctor finds: state and text of each check."""
        return {each["check"]: (each["state"], each["text"]) for each in self.json("doctor")["checks"]}


@pytest.fixture(scope="module")
def engine(packages: Path) -> Iterator[Podman]:
    """podman with the images of the compose file, obsd's from the package of this checkout."""
    skip_without(*SERVICES.values())
    folder = Path(tempfile.mkdtemp(prefix="obsd-podman-", dir="/var/tmp"))
    for made in podman(folder):
        made.base("bookworm")
        build(made, folder / "context", packages)
        for name, program in SERVICES.items():
            made.program(name, program)
        yield made


def build(engine: Podman, context: Path, packages: Path, base: str = BASE, name: str = IMAGE) -> None:
    """The image from a context that has what `make image` sends."""
    (context / "dist/deb").mkdir(parents=True)
    shutil.copy(next(packages.glob("obsd_*.deb")), context / "dist/deb")
    shutil.copytree(ROOT / "packaging/container", context / "packaging/container")
    options = ("--format=docker", "--network=none", f"--build-arg=BASE={base}", f"--build-arg=VERSION={__version__}")
    file = str(context / "packaging/container/Containerfile")
    engine.run("build", *options, "--tag", name, "--file", file, str(context))


@pytest.fixture(params=[UID])
def folder(request: pytest.FixtureRequest) -> Iterator[Folder]:
    """One that its owner may enter."""
    path = Path(tempfile.mkdtemp(prefix="obsd-mounted-", dir="/var/tmp"))
    yield Folder(path, request.param)
    remove_tree(path)


@pytest.fixture
def run(engine: Podman, folder: Folder) -> Iterator[Callable[..., Container]]:
    """Runs the image as docs/containers.md does, with more options; it ends with the test."""
    names: list[str] = []

    def start(*options: str) -> Container:
        names.append(f"obsd-{os.getpid()}-{len(names)}")
        mount = (f"--volume={folder.path}:{folder.path}:ro", f"--env=OBSD_FOLDER={folder.path}")
        given = ("--read-only", "--cap-drop=ALL", f"--user={folder.uid}:{folder.uid}", "--network=none", *mount)
        engine.run("run", "--detach", f"--name={names[-1]}", *given, *options, IMAGE)
        return Container(engine, names[-1])

    yield start
    for name in names:
        engine.run("rm", "--force", "--time=0", "--volumes", name)


def test_the_image_says_what_it_is(engine: Podman) -> None:
    image = engine.inspect("image", IMAGE)
    assert image["Labels"]["org.opencontainers.image.version"] == __version__
    assert image["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert image["User"] == "1000:1000"
    assert image["Healthcheck"]["Test"] == ["CMD-SHELL", "obsctl wait --timeout 5"]


def test_the_next_debian_is_a_base_as_well(engine: Podman, packages: Path, tmp_path: Path) -> None:
    base, name = "localhost/trixie:1", "localhost/obsd-trixie:1"
    engine.base("trixie", base)
    build(engine, tmp_path, packages, base, name)
    engine.run("run", "--detach", "--network=none", "--read-only", "--cap-drop=ALL", "--name=trixie", name)
    assert engine.run("exec", "trixie", "obsctl", "wait") == ""
    assert engine.inspect("image", name)["Labels"]["org.opencontainers.image.base.name"] == base
    engine.run("rm", "--force", "--time=0", "--volumes", "trixie")


def test_pinned_versions_and_mounted_files_are_there() -> None:
    for name, service in COMPOSE["services"].items():
        image = service["image"].partition(":-")[2].removesuffix("}")
        assert image.rpartition(":")[2].lstrip("v").count(".") == 2, (name, image)
        for mount in service.get("volumes", ()):
            source = mount.split(":")[0]
            assert not source.startswith(".") or (ROOT / "packaging/compose" / source).exists(), mount
    assert f"obsd:{__version__}" in COMPOSE["services"]["obsd"]["image"]


def test_in_a_container_what_is_outside_is_called_unseen(run: Callable[..., Container]) -> None:
    container = run()
    assert "outside the container" in container.warnings()["agents_unseen"]
    checks = container.checks()
    assert checks["processes"][0] == "warn"
    assert not {"service", "linger"} & checks.keys()
    assert container.engine.run("healthcheck", "run", container.name) == ""
    # It ends in order, at once: the first process passes the signal on, and waits.
    container.engine.run("stop", "--time=60", container.name)
    assert container.engine.inspect("container", container.name)["State"]["ExitCode"] == 0


def test_with_the_machines_processes_agents_are_seen(run: Callable[..., Container], folder: Folder) -> None:
    container = run("--pid=host")
    assert "agents_unseen" not in container.warnings()
    assert container.checks()["processes"][0] == "ok"
    program = folder.path / "claude"
    shutil.copy(shutil.which("sleep") or "", program)
    with subprocess.Popen([program, "600"], cwd=folder.shop, user=folder.uid, group=folder.uid) as agent:
        try:
            folder.commit("one.py", "1")

            def present() -> list[list[str]]:
                return [session["present"] for session in container.json("sessions")["sessions"]]

            wait_until(lambda: present() == [["claude-code"]], "the agent in the session", 60)
        finally:
            agent.kill()


@pytest.fixture
def helper(folder: Folder) -> Iterator[Helper]:
    """The machine's obsd-writers, whose socket is in the folder."""
    require_fanotify()
    made = Helper(folder.path).start()
    yield made
    made.stop()


@pytest.mark.parametrize("folder", [NOBODY.pw_uid], indirect=True)
def test_the_helper_of_the_machine_names_writers(run: Callable[..., Container], folder: Folder, helper: Helper) -> None:
    container = run("--pid=host", f"--env=OBSD_WRITERS_SOCKET={helper.socket}")
    assert container.checks()["authors by writers"][0] == "ok"
    # A shell of that name stands in for the agent; it does not write in the moment of its exec.
    program = folder.path / "claude"
    shutil.copy(shutil.which("dash") or "", program)
    number = iter(range(100))

    def authors() -> set[str]:
        script = f"sleep 1; echo 1 > file{next(number)}.py; true"
        folder.as_user(str(program), "-c", script, cwd=folder.shop)
        found = container.json("sessions")["sessions"]
        return {each["author"] for session in found for each in session["authors"]}

    wait_until(lambda: "claude-code" in authors(), "the writer, by the kernel's word", 60)


def variables(folder: Folder) -> dict[str, str]:
    """Of the compose file: images that are here, free ports, the folder and its owner."""
    found = {"OBSD_FOLDER": str(folder.path), "OBSD_UID": str(UID), "OBSD_GID": str(UID)}
    for name in SERVICES:
        found[f"OBSD_{name.upper()}_IMAGE"] = f"localhost/{name}:1"
        found[f"OBSD_{name.upper()}_PORT"] = str(free_port())
    return found


@pytest.fixture
def composed(engine: Podman, folder: Folder) -> Iterator[dict[str, str]]:
    """All services but Grafana, started from the compose file as it is; their variables."""
    given = variables(folder)
    engine.compose("--profile", "pushgateway", "up", "-d", "obsd", *SERVICES, variables=given)
    yield given
    engine.compose("--profile", "pushgateway", "down", "--volumes", "--timeout", "5", variables=given)


def test_one_command_brings_obsd_into_prometheus(
    composed: dict[str, str], folder: Folder, make_daemon: Callable[[str], Daemon]
) -> None:
    prometheus = Published(int(composed["OBSD_PROMETHEUS_PORT"]))
    wait_until(lambda: answers(f"{prometheus.url}/-/ready"), "Prometheus", 60)
    prometheus.wait_for_any('obsd_watcher_up{job="agent-activity-tracker", workspace="shop"} == 1')
    folder.commit("one.py", "1")
    created = 'copilot_files_modified_total{job="agent-activity-tracker", operation="created", file_type="python"}'
    prometheus.wait_for(created, 1)
    prometheus.wait_for('git_commits_total{author="Ada", branch="main", workspace="shop"}', 1)
    prometheus.wait_for('workspace:obsd_commits_total:sum{workspace="shop"}', 1)
    groups = prometheus.ask("rules")["groups"]
    assert groups
    assert [rule["name"] for group in groups for rule in group["rules"] if rule["health"] == "err"] == []
    managers = prometheus.ask("alertmanagers")["activeAlertmanagers"]
    assert [each["url"] for each in managers] == ["http://alertmanager:9093/api/v2/alerts"]
    wait_until(lambda: answers(f"http://127.0.0.1:{composed['OBSD_ALERTMANAGER_PORT']}/-/ready"), "Alertmanager", 60)

    # A daemon that nothing can scrape pushes to the published gateway.
    attic = make_daemon("attic")
    gateway = f"http://127.0.0.1:{composed['OBSD_PUSHGATEWAY_PORT']}"
    attic.configure(f'[push]\npushgateway = "{gateway}"\ninterval_seconds = 1\nmachine = "attic"', listen="")
    attic.start()
    prometheus.wait_for_any('obsd_build_info{job="agent-activity-tracker", machine="attic"} == 1')
