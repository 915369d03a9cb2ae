"""The settings of the views: values only, taken from the configuration by the code that builds the views.

Owns no state, reads no file. Any thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class MetricsSettings(Protocol):
    """The keys of `[metrics]` that views use."""

    @property
    def filenames(self) -> str: ...
    @property
    def authors(self) -> str: ...
    @property
    def files_per_workspace(self) -> int: ...
    @property
    def authors_per_workspace(self) -> int: ...
    @property
    def branches_per_workspace(self) -> int: ...


class SessionsSettings(Protocol):
    """The keys of `[sessions]` that views use."""

    @property
    def idle_timeout_seconds(self) -> float: ...


class AuthorsSettings(Protocol):
    """The keys of `[authors]` that views use: how long a change waits for evidence."""

    @property
    def wait_seconds(self) -> float: ...


@dataclass(frozen=True, slots=True)
class ViewSettings:
    """`filenames` is relative, hashed or off, `authors` name, hashed or off; the limits are series per workspace."""

    filenames: str = "relative"
    authors: str = "name"
    files_per_workspace: int = 100
    authors_per_workspace: int = 20
    branches_per_workspace: int = 50
    idle_timeout_seconds: float = 300.0
    author_wait_seconds: float = 3.0

    @classmethod
    def of(cls, metrics: MetricsSettings, sessions: SessionsSettings, authors: AuthorsSettings) -> ViewSettings:
        """Returns the settings from three sections of a configuration."""
        return cls(
            filenames=metrics.filenames,
            authors=metrics.authors,
            files_per_workspace=metrics.files_per_workspace,
            authors_per_workspace=metrics.authors_per_workspace,
            branches_per_workspace=metrics.branches_per_workspace,
            idle_timeout_seconds=sessions.idle_timeout_seconds,
            author_wait_seconds=authors.wait_seconds,
        )
