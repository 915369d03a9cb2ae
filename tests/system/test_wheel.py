"""An installation from the wheel on Debian 12 and 13: pip in a virtual environment, pipx and uv.

No package of ours is there; all wheels come from a folder, because the machines have no network.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import remove_tree
from tests.system.conftest import PACKAGES, SUITES, command
from tests.system.machine import Machine, User
from tests.system.service import Service

PYTHONS = ("3.11", "3.13")
TOOLS = ("pip", "setuptools", "wheel", "uv", "pyasyncore")
"""pip asks this machine's Python, and not the other one, whether it needs pyasyncore."""
SOURCES = ("pyinotify",)
"""Libraries without a wheel."""
OURS = "python3-"
INSTALLERS = {
    "pip": "python3 -m venv ~/venv; ~/venv/bin/pip install -q obsd; cd ~/venv/bin; install -D -t ~/.local/bin obs*",
    "pipx": "pipx install obsd",
    "uv": "~/venv/bin/pip install -q uv; ~/venv/bin/uv -q tool install --offline --find-links /mnt/host obsd",
}
REMOVERS = {
    "pip": "rm -rf ~/.local/bin/ob*; ~/venv/bin/pip uninstall -qy obsd",
    "pipx": "pipx uninstall obsd",
    "uv": "~/venv/bin/uv -q tool uninstall obsd",
}
ENVIRONMENT = (
    "export PIP_NO_INDEX=1 PIP_FIND_LINKS=/mnt/host PATH=~/.local/bin:/usr/bin:/bin UV_PYTHON=/usr/bin/python3; "
)


@pytest.fixture(scope="module")
def wheels(tools: None) -> Iterator[Path]:
    """A folder with a wheel of this checkout, and those that it needs for the Python of each Debian."""
    folder = Path(tempfile.mkdtemp(prefix="obsd-wheels-", dir="/var/tmp"))
    build = "import sys, setuptools.build_meta as b; b.build_wheel(sys.argv[1])"
    command(sys.executable, "-c", build, str(folder))
    [own] = folder.glob("obsd-*.whl")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q")
    for source in SOURCES:
        command(*pip, "wheel", "--no-deps", f"--wheel-dir={folder}", source)
    for version in PYTHONS:
        options = ("--only-binary=:all:", f"--python-version={version}", f"--dest={folder}", f"--find-links={folder}")
        command(*pip, "download", *options, str(own), *TOOLS)
    folder.chmod(0o755)
    yield folder
    remove_tree(folder)


@pytest.fixture(scope="module", params=SUITES)
def plain(request: pytest.FixtureRequest, wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A booted Debian without obsd, and without the libraries that it uses."""
    needed = [name for name in PACKAGES if not name.startswith(OURS)]
    tree = Path(command("packaging/dev/tree.sh", request.param, *needed, "pipx", "python3-venv"))
    booted = Machine(tree, f"wheel-{request.param}-{os.getpid()}", wheels, tmp_path_factory.mktemp("boot") / "log")
    try:
        yield booted
    finally:
        booted.stop()


@pytest.fixture(scope="module")
def ada(plain: Machine) -> User:
    """A user whose service manager runs."""
    return plain.add_user("ada", linger=True)


@pytest.mark.parametrize("way", INSTALLERS)
def test_one_command_brings_the_service_and_one_takes_it_away(ada: User, way: str) -> None:
    before = ada.script("find ~/.local ~/.config -type f -o -type l 2>/dev/null | sort || :")
    ada.script(ENVIRONMENT + INSTALLERS[way], timeout=600)
    ada.script(ENVIRONMENT + "obsctl service install --now")
    service = Service(ada)
    assert service.show("ActiveState") == "active"
    assert "obsd.service" in ada.systemctl("list-unit-files", "--state=enabled")
    repository = ada.repository(f"repo-{way}")
    ada.script(ENVIRONMENT + 'obsctl add-workspace "$1"', repository)
    ada.script(f"echo hello >~/repo-{way}/note.md")
    service.wait_for("copilot_files_modified_total", 1, workspace=f"repo-{way}", operation="created")
    pages = ada.script(ENVIRONMENT + "man --where obsctl obsd.toml obsd-metrics")
    assert all(line.startswith(f"{ada.home}/.local/share/man/") for line in pages.splitlines())
    source = "source ~/.local/share/bash-completion/completions/obsctl"
    offered = ada.script(f"{source}; COMP_WORDS=(obsctl add); COMP_CWORD=1; _obsctl_complete; echo ${{COMPREPLY[@]}}")
    assert offered.split() == ["add-workspace"]
    fish = "fish -c 'complete --do-complete \"obsctl remove-w\"'"
    assert ada.script(ENVIRONMENT + fish).startswith("remove-workspace\t")
    found = json.loads(ada.script(ENVIRONMENT + "obsctl --json doctor || :"))
    assert [check["state"] for check in found["checks"] if check["check"] in ("service", "linger")] == ["ok", "ok"]

    ada.script(ENVIRONMENT + f"obsctl remove-workspace repo-{way}; obsctl service uninstall")
    assert service.show("ActiveState") == "inactive"
    assert service.show("LoadState") == "not-found"
    ada.script(ENVIRONMENT + REMOVERS[way])
    left = ada.script("find ~/.local ~/.config -type f -o -type l 2>/dev/null | sort || :")
    gone = set(left.splitlines()) - set(before.splitlines())
    kept = (f"{ada.home}/.local/state/", f"{ada.home}/.local/share/pipx/", f"{ada.home}/.local/pipx/")
    assert [path for path in gone if not path.startswith(kept) and "/uv/" not in path] == []
