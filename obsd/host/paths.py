"""Paths of obsd's own files, as the daemon, obsctl and the hooks choose them.

Owns the choice of folders and the check that a folder is private. Must import little (obsctl and the hooks import it)
and keeps no state: every call reads the environment again. Runs on any thread.

A folder is chosen by the first variable that is set, whether it exists or not, so that a client and its daemon agree.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from obsd.errors import ConfigError, NotPermitted
from obsd.text import printable

SOCKET_NAME = "obsd.sock"
CONFIG_NAME = "obsd.toml"

SYSTEM_RUNTIME = Path("/run")
"""The parent of the system services' runtime folders; only root can make one there."""

MAX_SOCKET_PATH_BYTES = 107
"""The kernel's `sun_path` holds 108 bytes with the final NUL (unix(7))."""


def runtime_dir() -> Path:
    """Returns the folder of the socket and the lock; it is gone after the logout or the boot."""
    given = _given_folder("RUNTIME_DIRECTORY")
    if given is not None:
        return given
    base = _given_folder("XDG_RUNTIME_DIR")
    return base / "obsd" if base is not None else _temporary_dir() / f"obsd-{os.getuid()}"


def state_dir() -> Path:
    """Returns the folder of the ledger and the spool; it survives a boot."""
    given = _given_folder("STATE_DIRECTORY")
    if given is not None:
        return given
    return (_given_folder("XDG_STATE_HOME") or _home() / ".local" / "state") / "obsd"


def spool_dir() -> Path:
    """Returns the folder to which hooks write their reports."""
    return state_dir() / "spool"


def ledger_file() -> Path:
    """The ledger."""
    return state_dir() / "ledger.sqlite3"


def config_file(explicit: str | None = None) -> Path | None:
    """Returns the configuration file to read: `explicit`, else the first default that exists, or None."""
    if explicit:
        return Path(explicit).absolute()
    place = default_config_file()
    return place if os.path.lexists(place) else None


def default_config_file() -> Path:
    """Returns the default path of the configuration file."""
    given = _given_folder("CONFIGURATION_DIRECTORY")
    if given is not None:
        return given / CONFIG_NAME
    return config_home() / "obsd" / CONFIG_NAME


def config_home() -> Path:
    """Returns the folder of the user's settings."""
    return _given_folder("XDG_CONFIG_HOME") or _home() / ".config"


def data_home() -> Path:
    """Returns the folder of what is installed for this user alone."""
    return _given_folder("XDG_DATA_HOME") or _home() / ".local" / "share"


def socket_path(explicit: str | None = None) -> Path:
    """Returns a client's socket. Raises ConfigError (`socket_path_too_long`), NotPermitted (`folder_not_private`).

    Without an explicit path and without a socket of the user's own daemon, it is the socket of the user's system
    service, if there is one. A default path is used only if its folder belongs to the user: the daemon that answers
    there decides where hooks write their reports.
    """
    named = explicit or os.environ.get("OBSD_SOCKET")
    own = daemon_socket_path(named)
    if named:
        return own
    if not os.path.lexists(own):
        served = system_socket_path()
        if served is not None and os.path.lexists(served):
            return served
    _require_own(own.parent)
    return own


def _require_own(folder: Path) -> None:
    """Raises NotPermitted when a folder exists that others made, or in which others can put a socket."""
    try:
        found = os.lstat(folder)
    except OSError:
        return
    if found.st_uid != os.geteuid():
        raise _not_own(folder, f"belongs to user {found.st_uid}")
    if not stat.S_ISDIR(found.st_mode):
        raise _not_own(folder, "is not a folder")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise _not_own(folder, f"has mode {stat.S_IMODE(found.st_mode):04o}, so that others can write there")


def _not_own(folder: Path, fault: str) -> NotPermitted:
    return NotPermitted(
        "folder_not_private",
        f"no daemon was called: the runtime folder {printable(str(folder))} {fault}",
        "set XDG_RUNTIME_DIR as a login does, or give the socket with --socket if you trust who serves there",
    )


def system_socket_path() -> Path | None:
    """Returns the socket of the user's system service: obsd@USER.service, for root obsd-system.service."""
    if os.geteuid() == 0:
        return SYSTEM_RUNTIME / "obsd-system" / SOCKET_NAME
    import pwd  # only where the first path has no socket

    try:
        name = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return None
    return SYSTEM_RUNTIME / "obsd" / name / SOCKET_NAME


def daemon_socket_path(explicit: str | None = None) -> Path:
    """Returns the socket that a daemon serves. Raises ConfigError (`socket_path_too_long`)."""
    path = Path(explicit).absolute() if explicit else runtime_dir() / SOCKET_NAME
    size_bytes = len(os.fsencode(path))
    if size_bytes > MAX_SOCKET_PATH_BYTES:
        raise ConfigError(
            "socket_path_too_long",
            f"the socket path {printable(str(path))} has {size_bytes} bytes; the kernel allows {MAX_SOCKET_PATH_BYTES}",
            "set XDG_RUNTIME_DIR to a shorter folder, or give a shorter path with --socket",
        )
    return path


def make_private(folder: Path) -> None:
    """Makes `folder` if it is missing, and makes sure that no other user can read it.

    A folder of this user with a wider mode is narrowed to 0700. Raises NotPermitted (`folder_not_private`,
    `folder_unusable`).
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        os.mkdir(folder, 0o700)
    except FileExistsError:
        pass
    except OSError as error:
        raise _unusable(folder, error) from error
    require_private(folder, repair=True)


def require_private(folder: Path, repair: bool = False) -> None:
    """Raises NotPermitted unless `folder` is a real folder of this user with mode 0700 (`repair`: makes it so)."""
    try:
        # O_NOFOLLOW: in a shared temporary directory another user could have put a link in its place.
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise _unusable(folder, error) from error
    try:
        found = os.fstat(descriptor)
        if found.st_uid != os.geteuid():
            raise _not_private(folder, f"belongs to user {found.st_uid}")
        if stat.S_IMODE(found.st_mode) & 0o077:
            # A folder that everybody may write, such as /tmp, is not ours to close.
            if not repair or found.st_mode & (stat.S_IWOTH | stat.S_ISVTX):
                raise _not_private(folder, f"has mode {stat.S_IMODE(found.st_mode):04o}")
            os.fchmod(descriptor, 0o700)
    except OSError as error:
        raise _unusable(folder, error) from error
    finally:
        os.close(descriptor)


def _unusable(folder: Path, error: OSError) -> NotPermitted:
    return NotPermitted(
        "folder_unusable",
        f"cannot use the folder {printable(str(folder))}: {error.strerror or error}",
        "it must be a folder (not a link) that this user can write; XDG_RUNTIME_DIR and XDG_STATE_HOME choose another",
    )


def _not_private(folder: Path, fault: str) -> NotPermitted:
    return NotPermitted(
        "folder_not_private",
        f"the folder {printable(str(folder))} {fault}; it must belong to this user alone",
        "set XDG_RUNTIME_DIR to a folder of your own",
    )


def _given_folder(variable: str) -> Path | None:
    """Returns the folder in a variable, or None. systemd separates several by colons; relative ones are ignored."""
    first = os.environ.get(variable, "").split(":")[0] if variable.endswith("_DIRECTORY") else os.environ.get(variable)
    return Path(first) if first and os.path.isabs(first) else None


def _temporary_dir() -> Path:
    given = _given_folder("TMPDIR")
    return given if given is not None and given.is_dir() else Path("/tmp")


def _home() -> Path:
    return Path(os.path.expanduser("~"))
