"""The register: what may be a workspace, under which name, and beside which others."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsd.errors import AlreadyExists, InvalidRequest, NoSuchWorkspace, NotFound, NotPermitted, ObsdError
from obsd.facts import Fact, WorkspaceAdded, WorkspaceRemoved
from obsd.workspaces.names import free_name, is_valid, valid_name
from obsd.workspaces.registry import Registry
from obsd.workspaces.workspace import Workspace

T = TypeVar("T")


class Listeners:
    """Remembers what a registry did."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.added: list[Workspace] = []
        self.removed: list[Workspace] = []
        self.registry = Registry(self.record, self.on_added, self.on_ending)

    async def record(self, facts: list[Fact]) -> None:
        self.facts += facts

    async def on_added(self, workspace: Workspace) -> None:
        self.added.append(workspace)

    async def on_ending(self, workspace: Workspace) -> None:
        self.removed.append(workspace)

    def add(self, path: object, name: str = "") -> tuple[Workspace, bool]:
        return run(self.registry.add(str(path), name))

    def refused(self, kind: type[ObsdError], path: object, name: str = "") -> str:
        before = self.registry.list()
        with pytest.raises(kind) as caught:
            self.add(path, name)
        assert self.registry.list() == before
        assert caught.value.hint
        assert caught.value.message.isprintable()
        return caught.value.reason


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


@pytest.fixture
def kept() -> Listeners:
    return Listeners()


def folder(path: Path, git: bool = False) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    if git:
        (path / ".git").mkdir()
    return path


def test_a_folder_is_registered_once(kept: Listeners, tmp_path: Path) -> None:
    shop = folder(tmp_path / "shop")
    workspace, created = kept.add(shop)
    assert (workspace.name, workspace.path, created) == ("shop", str(shop), True)
    assert kept.add(shop) == kept.add(f"{shop}/", "shop") == (workspace, False)
    assert [type(fact) for fact in kept.facts] == [WorkspaceAdded]
    assert kept.added == [workspace]
    assert kept.registry.get("shop") == kept.registry.get(str(shop)) == kept.registry.get(f"{shop}/.") == workspace


def test_links_are_resolved(kept: Listeners, tmp_path: Path) -> None:
    shop = folder(tmp_path / "shop")
    (tmp_path / "link").symlink_to(shop)
    assert kept.add(tmp_path / "link")[0].path == str(shop)
    assert kept.add(shop)[1] is False


def test_what_is_no_folder_is_refused(kept: Listeners, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    assert kept.refused(NotFound, tmp_path / "missing") == "no_such_path"
    assert kept.refused(InvalidRequest, tmp_path / "file") == "not_a_folder"
    assert kept.refused(InvalidRequest, tmp_path / "file" / "x") == "not_a_folder"
    assert kept.refused(InvalidRequest, tmp_path / "loop") == "bad_path"
    assert kept.refused(InvalidRequest, tmp_path / ("x" * 300)) == "bad_path"
    assert kept.refused(InvalidRequest, "/" + "x/" * 4000) == "bad_path"
    assert kept.refused(InvalidRequest, f"{tmp_path}/a\0b") == "bad_path"
    assert kept.refused(InvalidRequest, "shop") == "path_not_absolute"
    assert kept.refused(InvalidRequest, "") == "path_not_absolute"
    assert kept.refused(InvalidRequest, "/") == "bad_path"
    assert kept.refused(InvalidRequest, "/proc/self") == "bad_path"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_without_permission_is_refused(kept: Listeners, tmp_path: Path) -> None:
    for mode in (0o000, 0o400, 0o100):
        secret = folder(tmp_path / f"secret{mode}")
        secret.chmod(mode)
        assert kept.refused(NotPermitted, secret) == "path_unreadable"
        secret.chmod(0o700)


def test_with_an_owner_no_other_users_folder_is_taken(kept: Listeners, tmp_path: Path) -> None:
    kept.registry = Registry(kept.record, kept.on_added, kept.on_ending, owner=os.geteuid() + 1)
    assert kept.refused(NotPermitted, folder(tmp_path / "a")) == "not_owned"
    kept.registry = Registry(kept.record, kept.on_added, kept.on_ending, owner=os.geteuid())
    assert kept.add(folder(tmp_path / "b"))[1]


def test_names_are_checked_and_taken_once(kept: Listeners, tmp_path: Path) -> None:
    for name in (".a", "a b", "a/b", "-", "x" * 65, "e\u0301", "a\n"):
        assert kept.refused(InvalidRequest, folder(tmp_path / "a"), name) == "bad_name"
    kept.add(tmp_path / "a", "shop")
    assert kept.refused(AlreadyExists, folder(tmp_path / "b"), "shop") == "name_taken"
    assert kept.refused(AlreadyExists, tmp_path / "a", "other") == "already_registered"
    assert kept.add(folder(tmp_path / "c" / "shop"))[0].name == "shop-2"
    assert kept.add(folder(tmp_path / "d" / "shop"))[0].name == "shop-3"


def test_a_file_is_never_in_two_workspaces(kept: Listeners, tmp_path: Path) -> None:
    outer = folder(tmp_path / "outer")
    kept.add(outer)
    assert kept.refused(AlreadyExists, folder(outer / "src")) == "inside_workspace"
    assert kept.refused(AlreadyExists, tmp_path) == "around_workspace"
    assert kept.add(folder(outer / "vendor" / "lib", git=True))[1]
    assert kept.add(folder(folder(outer / "vendor" / "other", git=True) / "src"))[1]
    assert kept.add(folder(tmp_path / "outer-2"))[1]


def test_around_a_repository_is_fine_around_a_plain_folder_is_not(kept: Listeners, tmp_path: Path) -> None:
    kept.add(folder(tmp_path / "all" / "repo", git=True))
    assert kept.add(tmp_path / "all")[1]
    kept.add(folder(tmp_path / "more" / "plain"))
    assert kept.refused(AlreadyExists, tmp_path / "more") == "around_workspace"


def test_removing_drops_its_worktrees_too(kept: Listeners, tmp_path: Path) -> None:
    shop, _ = kept.add(folder(tmp_path / "shop", git=True))
    tree = run(kept.registry.adopt(shop, str(folder(tmp_path / "tree", git=True)), "fix é/1"))
    assert (tree.name, tree.parent) == ("shop/fix-é-1", "shop")
    assert run(kept.registry.adopt(shop, str(tmp_path / "tree"), "fix é")) == tree
    run(kept.registry.remove(str(tmp_path / "shop")))
    assert kept.registry.list() == []
    assert kept.removed == [tree, shop]
    assert [type(fact) for fact in kept.facts[-2:]] == [WorkspaceRemoved, WorkspaceRemoved]
    with pytest.raises(NoSuchWorkspace) as caught:
        run(kept.registry.remove("shop"))
    assert caught.value.exit_code == 4


def test_adding_the_same_folder_at_once_registers_it_once(kept: Listeners, tmp_path: Path) -> None:
    shop = str(folder(tmp_path / "shop"))

    async def both() -> list[tuple[Workspace, bool]]:
        return await asyncio.gather(*(kept.registry.add(shop) for _ in range(5)))

    assert sorted(created for _, created in run(both())) == [False] * 4 + [True]
    assert len(kept.facts) == 1


@given(st.text(), st.sets(st.text(alphabet="ab-2", max_size=4)))
def test_any_folder_name_gives_a_valid_free_name(text: str, taken: set[str]) -> None:
    name = free_name(valid_name(text), taken)
    assert is_valid(name)
    assert name not in taken


def test_names_of_folders_in_any_script_are_kept() -> None:
    for name in ("支払い", "платежи", "café", "हिन्दी", "دفع", "shop_2.0-beta"):
        assert valid_name(name) == name
        assert is_valid(name)
    assert valid_name("cafe\u0301 shop") == "café-shop"
    assert valid_name("\u202eevil\u200b\n\x1b[2J") == "evil-2J"
    assert valid_name(os.fsdecode(b"w\xff")) == "w"
    for bad in ("", ".hidden", "-a", "a b", "a/b", "a\u202e", "cafe\u0301", "\u0301a", "x" * 65, 'a"b'):
        assert not is_valid(bad), bad
