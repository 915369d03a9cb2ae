"""What the tests of the packages need: root, the tools, packages built from this checkout, and booted systems."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import remove_tree
from tests.system.machine import Machine, User
from tests.system.service import Service

ROOT = Path(__file__).resolve().parent.parent.parent
SUITES = ("bookworm", "trixie")
NEWER = "0.1.1~newer"
TOOLS = {"systemd-nspawn": "systemd-container", "mmdebstrap": "mmdebstrap", "dpkg-deb": "dpkg"}
# All that the packages depend on is in the trees: what is installed in a container needs no network.
PACKAGES = (
    *("systemd", "systemd-sysv", "dbus", "dbus-user-session", "libpam-systemd", "git", "procps", "curl"),
    "man-db",
    *("bash-completion", "zsh", "fish", "python3", "python3-grpcio", "python3-protobuf", "python3-pygit2"),
    *("python3-pyinotify", "python3-prometheus-client", "python3-psutil", "python3-rich", "python3-jinja2"),
    *("python3-h2", "python3-tomli"),
)


@pytest.fixture(scope="session")
def tools() -> None:
    """Skips what needs a booted system where none can be booted, and says why."""
    if os.geteuid() != 0:
        pytest.skip("booting a system needs root: sudo make test-system")
    missing = " ".join(package for tool, package in TOOLS.items() if shutil.which(tool) is None)
    if missing:
        pytest.skip(f"not installed: apt install {missing}")


def command(*arguments: str) -> str:
    """The output of a script of this checkout; its words about a failure are the test's."""
    result = subprocess.run(arguments, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@pytest.fixture(scope="session")
def packages(tools: None) -> Iterator[Path]:
    """A folder with the packages of this checkout, and in `newer/` the same as a later version."""
    folder = Path(tempfile.mkdtemp(prefix="obsd-system-", dir="/var/tmp"))
    given = os.environ.get("OBSD_DEBS")
    if given:
        for package in Path(given).glob("*.deb"):
            shutil.copy(package, folder)
    else:
        command("packaging/dev/deb.sh", str(folder))
    (folder / "newer").mkdir()
    for package in sorted(folder.glob("*.deb")):
        _as_newer(package, folder / "newer")
    folder.chmod(0o755)
    yield folder
    remove_tree(folder)


def _as_newer(package: Path, destination: Path) -> None:
    with tempfile.TemporaryDirectory(dir=destination) as work:
        command("dpkg-deb", "--raw-extract", str(package), f"{work}/x")
        control = Path(work, "x/DEBIAN/control")
        lines = control.read_text().splitlines()
        old = next(line.split(": ")[1] for line in lines if line.startswith("Version: "))
        control.write_text("\n".join(line.replace(old, NEWER) for line in lines) + "\n")
        for module in Path(work).glob("x/usr/lib/python3/dist-packages/obsd/__init__.py"):
            module.write_text(module.read_text().replace(f'"{old}"', '"0.1.1"'))
        command("dpkg-deb", "--root-owner-group", "--build", f"{work}/x", str(destination))


@pytest.fixture(scope="module", params=SUITES)
def machine(
    request: pytest.FixtureRequest, packages: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machine]:
    """A booted Debian with the packages not yet installed."""
    tree = Path(command("packaging/dev/tree.sh", request.param, *PACKAGES))
    log = tmp_path_factory.mktemp("boot") / "console.log"
    booted = Machine(tree, f"obsd-{request.param}-{os.getpid()}", packages, log)
    try:
        yield booted
    finally:
        booted.stop()


@pytest.fixture(scope="module")
def installed(machine: Machine) -> Machine:
    """The machine, with the packages installed by apt."""
    names = ("obsd", "obsd-system", "obsd-monitoring", "obsd-writers")
    found = machine.run("sh", "-c", "ls " + " ".join(f"/mnt/host/{name}_*.deb" for name in names)).split()
    assert len(found) == len(names)
    machine.apt_install(*found)
    return machine


@pytest.fixture(scope="module")
def ada(installed: Machine) -> User:
    """A user whose service manager runs."""
    return installed.add_user("ada", linger=True)


@pytest.fixture(scope="module")
def service(ada: User) -> Service:
    """Her obsd, running and watching her repository `repo`."""
    made = Service(ada)
    made.systemctl("start")
    ada.repository()
    ada.run("obsctl", "add-workspace", f"{ada.home}/repo")
    return made
