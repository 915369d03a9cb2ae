"""Small files that others write: what is read, and what never holds anybody up."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from obsd.small_files import NotRegular, read_small, read_whole


def fifo(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def folder(path: Path) -> None:
    path.mkdir()


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def link(path: Path) -> None:
    path.with_name("target").write_bytes(b"x")
    path.symlink_to(path.with_name("target"))


@pytest.mark.parametrize("plant", [fifo, device, folder, listening, link])
def test_what_is_no_regular_file_is_refused_at_once(short_tmp: Path, plant: Callable[[Path], None]) -> None:
    plant(short_tmp / "f")
    with pytest.raises(NotRegular):
        read_small(short_tmp / "f", 10)


@pytest.mark.parametrize("plant", [fifo, device, folder, listening])
def test_following_a_link_does_not_make_it_one(short_tmp: Path, plant: Callable[[Path], None]) -> None:
    plant(short_tmp / "f")
    (short_tmp / "to").symlink_to(short_tmp / "f")
    with pytest.raises(NotRegular):
        read_small(short_tmp / "to", 10, follow=True)


def test_a_file_is_read_up_to_its_bound(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(b"0123456789")
    assert read_small(file, 4) == b"0123"
    assert read_small(file, 100) == b"0123456789"
    assert read_whole(file, 10) == b"0123456789"
    assert read_whole(file, 9) is None
    (tmp_path / "to").symlink_to(file)
    assert read_small(tmp_path / "to", 4, follow=True) == b"0123"


def test_what_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_small(tmp_path / "none", 1)
