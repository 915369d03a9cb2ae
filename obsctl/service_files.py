"""The files of an installation from the wheel that belong outside of Python: the user's unit, man pages, completions.

Owns which there are, where each has its place, and writing and removing them. A file at such a place that obsd did not
write stays as it is. The unit starts the program of this installation. Starts no other program.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import obsctl
from obsd.errors import NotPermitted, Unavailable
from obsd.host import paths
from obsd.text import printable

UNIT = "obsd.service"
MARK = "# Written by `obsctl service install`; `obsctl service uninstall` removes it."
_MARKS = ("Made from the program itself", "made from the program itself", MARK)
_HEAD_BYTES = 512
_GENERATORS = ("man", "completions")
_LINES = ("ExecStart=/usr/bin/obsd\n", "ExecReload=/usr/bin/obsctl ")


class Change(NamedTuple):
    """What was done with a file: `written`, `unchanged`, `removed`, `absent` or `foreign`."""

    path: Path
    change: str


def program() -> Path:
    """Returns the daemon's program of this installation. Raises Unavailable (`program_not_found`)."""
    called = Path(os.path.realpath(sys.argv[0])).parent
    schemes = (sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user"))
    for folder in (called, *(Path(sysconfig.get_path("scripts", scheme)) for scheme in schemes)):
        if os.access(folder / "obsd", os.X_OK) and os.access(folder / "obsctl", os.X_OK):
            return folder / "obsd"
    raise Unavailable(
        "program_not_found",
        "the programs obsd and obsctl of this installation were not found",
        "install obsd with pipx, uv or pip, and call its obsctl",
    )


def install(daemon: Path) -> list[Change]:
    """Writes all files. Raises Unavailable (`no_service_files`), NotPermitted (`file_not_writable`)."""
    with _shipped() as folder:
        texts = list(_texts(folder, daemon))
    return [_write(place, text) for place, text in texts]


def uninstall() -> list[Change]:
    """Removes those that obsd wrote. Raises NotPermitted (`file_not_writable`)."""
    return [_remove(place) for place in _places()]


def unit_file() -> Path:
    """Returns the place of units that are installed for a user (systemd.unit(5))."""
    return paths.data_home() / "systemd" / "user" / UNIT


def shadowing() -> Path | None:
    """Returns the unit of the same name that systemd would use instead, or None."""
    other = paths.config_home() / "systemd" / "user" / UNIT
    return other if os.path.lexists(other) else None


def _place(name: str) -> Path:
    data = paths.data_home()
    if name == UNIT:
        return unit_file()
    if name[-1].isdigit():
        return data / "man" / f"man{name[-1]}" / name
    if name.endswith(".fish"):
        return data / "fish" / "vendor_completions.d" / name
    return data / ("zsh/site-functions" if name.startswith("_") else "bash-completion/completions") / name


def _places() -> Iterator[Path]:
    for name in (UNIT, "obsd.8", "obsd-writers.8", "obsctl.1", "obsd.toml.5", "obsd-metrics.7"):
        yield _place(name)
    for program in ("obsd", "obsctl"):
        yield from (_place(program), _place(f"_{program}"), _place(f"{program}.fish"))


def _texts(folder: Path, daemon: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        text = path.read_text("utf-8")
        yield _place(path.name), _unit(text, daemon) if path.name == UNIT else text


def _unit(text: str, daemon: Path) -> str:
    obsd, ctl = (_quoted(str(daemon.with_name(name))) for name in ("obsd", "obsctl"))
    text = text.replace(_LINES[0], f"ExecStart={obsd}\n").replace(_LINES[1], f"ExecReload={ctl} ")
    return f"{MARK}\n{text}"


def _quoted(path: str) -> str:
    r"""Returns a program's path for a unit: in quotes, with `%` and `\` as systemd reads them (systemd.service(5))."""
    if printable(path) != path:
        text = f"no unit can start {printable(path)}: its path has characters that cannot be printed"
        raise Unavailable("program_not_found", text, "install obsd in another folder")
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"' if escaped != path or " " in path or "'" in path else path


@contextlib.contextmanager
def _shipped() -> Iterator[Path]:
    """The folder with the files as they are shipped; in a checkout they are made."""
    package = Path(obsctl.__file__).resolve().parent
    shipped, packaging = package / "shipped", package.parent / "packaging"
    if shipped.is_dir():
        yield shipped
        return
    if not (packaging / "man/generate.py").is_file():
        text = "this installation has neither unit nor man pages of its own"
        hint = "systemctl --user enable --now obsd starts the one of the package obsd"
        raise Unavailable("no_service_files", text, hint)
    with tempfile.TemporaryDirectory() as made:
        (Path(made) / UNIT).write_bytes((packaging / "systemd" / UNIT).read_bytes())
        for kind in _GENERATORS:
            subprocess.run([sys.executable, str(packaging / kind / "generate.py"), made], check=True)
        yield Path(made)


def _state(path: Path) -> str:
    """Whose file it is: `absent`, `ours`, or `foreign`; a link is always somebody's."""
    if not os.path.lexists(path):
        return "absent"
    if path.is_symlink() or not path.is_file():
        return "foreign"
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES).decode("utf-8", "replace")
    return "ours" if any(mark in head for mark in _MARKS) else "foreign"


def _write(path: Path, text: str) -> Change:
    try:
        state = _state(path)
        if state == "foreign":
            return Change(path, "foreign")
        if state == "ours" and path.read_text("utf-8") == text:
            return Change(path, "unchanged")
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            file.write(text)
        os.chmod(file.name, 0o644)
        os.replace(file.name, path)
    except OSError as error:
        raise _unwritable(path, error) from error
    return Change(path, "written")


def _remove(path: Path) -> Change:
    try:
        state = _state(path)
        if state == "ours":
            path.unlink()
            return Change(path, "removed")
    except OSError as error:
        raise _unwritable(path, error) from error
    return Change(path, state)


def _unwritable(path: Path, error: OSError) -> NotPermitted:
    text = f"{printable(str(path))} cannot be changed: {error.strerror or error}"
    return NotPermitted("file_not_writable", text, "XDG_DATA_HOME chooses another folder")
