"""Checks of the user's service manager for `obsctl doctor`: whether obsd starts by itself, and survives a logout.

No findings where obsd has no unit or systemd does not run (a container), and none about the system's services. Reads
files that systemd documents, and starts no program.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from pathlib import Path

from obsctl.checks import Finding
from obsd.host import paths

UNIT = "obsd.service"
BOOTED = Path("/run/systemd/system")
"""There while systemd is the service manager (sd_booted(3))."""
LINGER = Path("/var/lib/systemd/linger")
SHARED = (Path("/etc/systemd/user"), Path("/usr/local/lib/systemd/user"), Path("/usr/lib/systemd/user"))


def of_service(socket: Path) -> Iterator[Finding]:
    """Yields findings for the daemon at `socket`."""
    if socket == paths.system_socket_path() or not BOOTED.is_dir():
        return
    if not any(os.path.lexists(folder / UNIT) for folder in _folders()):
        return
    if any(_wants(folder) for folder in _folders()):
        yield Finding("service", "ok", "obsd starts with the user's service manager")
    else:
        text = "obsd does not start by itself"
        yield Finding("service", "warn", text, f"systemctl --user enable {UNIT.removesuffix('.service')}")
    if os.path.lexists(LINGER / getpass.getuser()):
        yield Finding("linger", "ok", "the user's service manager runs while nobody is logged in")
    else:
        text = "the user's services, including obsd, end at the logout and start at the login"
        yield Finding("linger", "warn", text, "loginctl enable-linger")


def _folders() -> tuple[Path, ...]:
    return (*(home / "systemd" / "user" for home in (paths.config_home(), paths.data_home())), *SHARED)


def _wants(folder: Path) -> bool:
    # A link counts whatever its target.
    return any(os.path.lexists(wants / UNIT) for wants in folder.glob("*.wants"))
