"""Commits that are made inside a container that shares the folder: the dev container feature, in a real container.

The daemon runs on this machine, and the folder has another path inside. What is said is counted once, with its agent.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.remote.remote_rig import Served
from tests.support import Daemon, Repository, clean_environment, remove_tree, wait_until
from tests.system.conftest import ROOT
from tests.system.podman import BASE, Podman, podman, skip_without

IMAGE = "localhost/dev:1"
INSIDE = "/workspaces/shop"
FEATURE = "/opt/feature"
FILES = {"reporter.crt": 0o644, "reporter.key": 0o600, "authority.crt": 0o644}


@pytest.fixture(scope="module")
def engine(packages: Path) -> Iterator[Podman]:
    """podman with the image of a dev container that has the feature, installed from the package of this checkout."""
    skip_without()
    folder = Path(tempfile.mkdtemp(prefix="obsd-podman-", dir="/var/tmp"))
    for made in podman(folder):
        made.base("bookworm")
        context = folder / "context"
        shutil.copytree(ROOT / "packaging/devcontainer/src/obsd", context / "obsd")
        shutil.copy(next(packages.glob("obsd_*.deb")), context / "obsd")
        lines = (f"FROM {BASE}", f"COPY obsd {FEATURE}", f"RUN {FEATURE}/install.sh")
        (context / "Containerfile").write_text("\n".join(lines) + "\n")
        made.run("build", "--network=none", "--tag", IMAGE, str(context))
        yield made


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A daemon of this machine, which receives reports over TLS too."""
    home = Path(tempfile.mkdtemp(prefix="obsd-", dir="/tmp"))
    daemon = Daemon(home / "d")
    served = Served(daemon, tmp_path / "served")
    daemon.configure(served.section())
    daemon.start()
    yield served
    daemon.stop()
    remove_tree(home)


@pytest.fixture
def shop(served: Served, tmp_path: Path) -> Repository:
    """A workspace with hooks as `obsctl add-workspace` installs them, and a commit that is older than that."""
    repository = Repository(tmp_path / "shop", clean_environment(tmp_path))
    repository.commit("chore: begin")
    served.daemon.add(repository.path, "shop")
    return repository


def _commit(engine: Podman, shop: Repository, *options: str, before: str = "true") -> str:
    """Commits as an agent does inside; returns what is left in the spool when its reporter has ended, and what doctor
    says of that."""
    script = (
        f"{before}; cd {INSIDE} && echo 1 >one.py && git add one.py && AI_AGENT=codex git commit -qm 'feat: inside'; "
        "spool=/var/lib/obsd-reporter/spool; for n in $(seq 300); do "
        "ls $spool | grep -q '^[0-9]' || [ -e $spool/drainer ] || break; [ ! -s $spool/trouble ] || break; sleep 0.1; "
        "done; cat $spool/trouble 2>/dev/null; ls $spool | grep '^[0-9]'; obsctl doctor | grep reporter:"
    )
    mounts = (f"--volume={shop.path}:{INSIDE}", "--env=HOME=/root")
    return engine.run("run", "--rm", *mounts, *options, IMAGE, "bash", "-c", script)


def _is_counted_once(daemon: Daemon, shop: Repository) -> None:
    daemon.wait_for("git_commits_total", 1)
    (commit,) = daemon.json("commits")["commits"]
    assert (commit["workspace"], commit["agent"], commit["evidence"]) == ("shop", "codex", "environment")
    assert commit["id"] == shop.git("rev-parse", "HEAD")
    assert (commit["files_changed"], commit["lines_added"]) == (1, 1)
    assert daemon.scrape().sum("obsd_commits_recovered_total") == 0
    assert daemon.scrape().sum("obsd_hook_reports_total", result="refused") == 0


def test_over_the_mounted_socket(engine: Podman, served: Served, shop: Repository) -> None:
    daemon = served.daemon
    left = _commit(engine, shop, "--network=none", f"--volume={daemon.runtime}:/run/obsd")
    assert left == "ok    reporter: hooks report to /run/obsd/obsd.sock, which answers\n"
    _is_counted_once(daemon, shop)


@pytest.fixture
def tls(served: Served, tmp_path: Path) -> Path:
    """The folder that is mounted for TLS: the reporter's certificate and key, and the authority."""
    folder = tmp_path / "tls"
    folder.mkdir()
    certificate, key = served.authority.sign("container")
    for name, source in zip(FILES, (certificate, key, served.authority.certificate), strict=True):
        shutil.copy(source, folder / name)
        (folder / name).chmod(FILES[name])
    return folder


def test_over_mutual_tls(engine: Podman, served: Served, shop: Repository, tls: Path) -> None:
    options = ("--network=host", f"--volume={tls}:/etc/obsd/tls:ro")
    left = _commit(engine, shop, *options, before=f"ADDRESS={served.address} {FEATURE}/install.sh >/dev/null")
    assert left == f"ok    reporter: hooks report to {served.address}, which answers\n"
    _is_counted_once(served.daemon, shop)


def test_without_a_certificate_the_commit_counts_and_nobody_is_believed(
    engine: Podman, served: Served, shop: Repository
) -> None:
    left = _commit(engine, shop, "--network=host", before=f"ADDRESS={served.address} {FEATURE}/install.sh >/dev/null")
    assert "the certificate, its key or the authority cannot be used" in left
    *_, waiting, checked = left.splitlines()
    assert waiting.isdigit()
    assert checked.startswith("fail  reporter: the certificate, its key or the authority cannot be used")
    served.daemon.wait_for("git_commits_total", 1)
    (commit,) = served.daemon.json("commits")["commits"]
    assert commit["agent"] == "unknown"
    wait_until(lambda: served.daemon.scrape().sum("obsd_commits_recovered_total") == 1, "a commit without a report")
