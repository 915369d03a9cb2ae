"""Who may have the helper's descriptors: root's decision, in /etc/obsd/writers.conf (TOML).

Owns reading that file and asking the databases of users and groups. Without a file: the members of `obsd-writers`.
A file that somebody but root could have written, or that is not understood, allows nobody but root.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

PATH = Path("/etc/obsd/writers.conf")
GROUP = "obsd-writers"
_KEYS = ("groups", "users")


class BadPolicy(Exception):
    """The policy cannot be used; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Names of groups and users that may; root always may."""

    groups: tuple[str, ...] = (GROUP,)
    users: tuple[str, ...] = ()

    def allows(self, uid: int, gids: Collection[int]) -> bool:
        """Whether a user may, who has these groups; groups that the user was put into since then count as well."""
        if uid == 0:
            return True
        try:
            user = pwd.getpwuid(uid)
        except KeyError:
            return False  # no name, so none that the policy could have
        if user.pw_name in self.users:
            return True
        having = {user.pw_gid, *gids, *os.getgrouplist(user.pw_name, user.pw_gid)}
        return any(_gid(name) in having for name in self.groups)


def read(path: Path) -> Policy:
    """The policy in force. Raises BadPolicy."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if status.st_uid != 0 or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                raise BadPolicy(f"{path} can be written by others than root")
            values = tomllib.load(file)
    except FileNotFoundError:
        return Policy()
    except (OSError, ValueError) as error:
        raise BadPolicy(f"{path}: {error}") from error
    for name, names in values.items():
        if name not in _KEYS:
            raise BadPolicy(f"{path}: no such key: {name}")
        if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
            raise BadPolicy(f"{path}: {name} must be a list of names")
    return Policy(*(tuple(values.get(name, ())) for name in _KEYS))


def user_name(uid: int) -> str:
    """A user's name, or the number where there is none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _gid(name: str) -> int | None:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return None
