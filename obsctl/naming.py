"""How a user gives a workspace: by its name, or by the path of its folder in any spelling."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from obsd.errors import NoSuchWorkspace

if TYPE_CHECKING:
    from obsd.client.client import Client
    from obsd.v1.workspace_pb2 import Workspace


def find(client: Client, text: str) -> Workspace:
    """Returns the workspace that `text` means: a path if it looks like one, else a name, else a folder of that name.

    Errors: NoSuchWorkspace.
    """
    if text.startswith((".", os.sep)):
        return client.workspace(os.path.realpath(text))
    try:
        return client.workspace(text)
    except NoSuchWorkspace:
        if not os.path.isdir(text):
            raise
        return client.workspace(os.path.realpath(text))


def name(client: Client, text: str | None) -> str:
    """Returns the name of the workspace that `text` means; empty (all) if none is given."""
    return find(client, text).name if text else ""
