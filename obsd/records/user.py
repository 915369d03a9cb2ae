"""Whose records are read. Any thread."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class User:
    """Whose records are read: home folder, environment of the agents, and user id."""

    home: str
    environment: Mapping[str, str]
    uid: int

    @classmethod
    def current(cls) -> User:
        """The user of this process."""
        return cls(os.path.expanduser("~"), dict(os.environ), os.geteuid())
