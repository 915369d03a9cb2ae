"""The real editor and a real daemon: each save has its author, and suggestions are counted."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from obsd.agents.table import extensions
from tests.support import Daemon, Repository, wait_until
from tests.vscode.conftest import SETTINGS
from tests.vscode.editor import SERVER, Editor, editor, missing, without_proposal
from tests.vscode.hand import accept, type_

AGENTS_EXTENSION = "saoudrizwan.claude-dev"
AGENT = "cline"


class Desk:
    """An editor and a daemon on one repository."""

    def __init__(self, daemon: Daemon, running: Editor) -> None:
        self.daemon, self.editor = daemon, running

    def save(self, name: str) -> None:
        """Saves the open file; returns when its change has an author."""
        before = self.daemon.scrape().sum("obsd_agent_changes_total")
        assert self.editor.act("save")
        wait_until(lambda: self.daemon.scrape().sum("obsd_agent_changes_total") == before + 1, f"an author of {name}")

    def changes(self) -> dict[tuple[str, str], float]:
        """Changes by author and evidence, without those that are 0."""
        found = self.daemon.scrape().matching("obsd_agent_changes_total")
        return {(labels["agent"], labels["evidence"]): value for labels, value in found if value}


@pytest.fixture(params=["exact"])
def desk(
    tmp_path: Path,
    vsix: Path,
    make_daemon: Callable[[str], Daemon],
    repository: Repository,
    request: pytest.FixtureRequest,
) -> Iterator[Desk]:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        receiver = f"127.0.0.1:{trial.getsockname()[1]}"
    daemon = make_daemon("d")
    daemon.configure(f'[authors]\nwriters = "off"\n[telemetry]\nhttp = "{receiver}"')
    daemon.start().add(repository.path, "shop")
    settings = {**SETTINGS, "obsd.endpoint": f"http://{receiver}"}
    server = SERVER if request.param == "exact" else without_proposal(tmp_path)
    with editor(tmp_path, repository.path, vsix, settings, AGENTS_EXTENSION, server) as running:
        yield Desk(daemon, running)


def test_each_save_has_its_author(desk: Desk, repository: Repository) -> None:
    for name, expected in (("typed", "person"), ("accepted", AGENT), ("both", "several"), ("undone", "person")):
        path = repository.write(f"{name}.txt", "one\ntwo\n")
        desk.daemon.settle("shop")
        before = desk.changes()
        desk.editor.act("open", path=str(path))
        desk.editor.act("select", places=[[1, 0, 1, 0]])
        if name != "accepted":
            type_(desk.editor, "mine")
        if name != "typed":
            accept(desk.editor, "suggested\n")
        if name == "undone":
            desk.editor.run("undo")
            desk.editor.until("text", "one\nminetwo\n")
        desk.save(name)
        after = desk.changes()
        key = (expected, "editor")
        assert {**before, key: before.get(key, 0) + 1} == after, name
    scrape = desk.daemon.scrape()
    labels = {"workspace": "shop", "provider": AGENTS_EXTENSION}
    assert scrape.value("obsd_suggestions_total", outcome="accepted", **labels) == 3
    assert scrape.value("obsd_suggested_lines_total", outcome="accepted", **labels) == 3
    assert scrape.value("obsd_suggestions_total", outcome="undone", **labels) == 1


@pytest.mark.parametrize("desk", ["basic"], indirect=True)
def test_without_the_proposal_nobody_is_guessed(desk: Desk, repository: Repository) -> None:
    for name in ("typed", "accepted"):
        path = repository.write(f"{name}.txt", "one\ntwo\n")
        desk.daemon.settle("shop")
        before = desk.changes()
        desk.editor.act("open", path=str(path))
        desk.editor.act("select", places=[[1, 0, 1, 0]])
        type_(desk.editor, "mine")
        if name == "accepted":
            accept(desk.editor, "suggested\n")
        desk.save(name)
        assert {**before, ("unknown", "none"): before.get(("unknown", "none"), 0) + 1} == desk.changes(), name
    assert desk.daemon.scrape().sum("obsd_suggestions_total") == 0


@pytest.mark.skipif(not SERVER.exists(), reason=f"`make test-vscode` brings what is missing: {missing()}")
def test_the_agents_extension_that_the_editor_ships_is_known() -> None:
    about = json.loads((SERVER.parents[1] / "extensions" / "copilot" / "package.json").read_text())
    assert extensions()[f"{about['publisher']}.{about['name']}".lower()] == "copilot-vscode"
