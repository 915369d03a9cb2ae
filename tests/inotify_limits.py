"""inotify limits of one process alone: a user namespace has its own, which can be moved while the process runs."""

from __future__ import annotations

import shutil
import subprocess


def limited(**limits: int) -> list[str]:
    """A command that runs what follows in a user namespace with these limits (`watches`, `instances`)."""
    return ["unshare", "--user", "--map-root-user", "sh", "-ec", f'{_writes(limits)}; exec "$@"', "sh"]


def set_limits(pid: int, **limits: int) -> None:
    """Other limits for the user namespace that a process is in."""
    inside = ["nsenter", f"--target={pid}", "--user", "--preserve-credentials"]
    subprocess.run([*inside, "sh", "-ec", _writes(limits)], check=True)


def are_to_be_had() -> bool:
    """Whether this machine lets us have user namespaces."""
    if shutil.which("unshare") is None or shutil.which("nsenter") is None:
        return False
    return subprocess.run([*limited(watches=100), "true"], capture_output=True, check=False).returncode == 0


def _writes(limits: dict[str, int]) -> str:
    return "; ".join(f"echo {value} >/proc/sys/user/max_inotify_{name}" for name, value in limits.items())
