"""What the command line asks of the daemon."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """Of the command line. `config` is None for the usual place; `owned_only`: no folder of another user is taken."""

    socket: Path
    config: str | None = None
    owned_only: bool = False
