"""The files of mutual TLS: what is wrong with them is said by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from obsd.api import certificates
from obsd.config import ApiConfig
from tests.certificates import Authority


@pytest.fixture
def config(tmp_path: Path) -> ApiConfig:
    authority = Authority(tmp_path / "own", "own")
    certificate, key = authority.sign("localhost")
    return ApiConfig("127.0.0.1:4319", str(certificate), str(key), str(authority.certificate))


def test_good_files_are_read(config: ApiConfig) -> None:
    found = certificates.load(config)
    assert found.key == Path(config.key).read_bytes()
    assert b"BEGIN CERTIFICATE" in found.certificate
    assert found.client_authority == Path(config.client_authority).read_bytes()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_key_of_others_is_refused(config: ApiConfig, mode: int) -> None:
    Path(config.key).chmod(mode)
    with pytest.raises(OSError, match=f"has mode {mode:04o}, so that others can use it: chmod 600"):
        certificates.load(config)


def test_files_that_do_not_fit(config: ApiConfig, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other", "other").sign("localhost")
    with pytest.raises(OSError, match="not a certificate and its key"):
        certificates.load(replace(config, certificate=str(other[0])))
    (tmp_path / "empty").write_text("")
    with pytest.raises(OSError, match=r"api.client_authority has no certificates"):
        certificates.load(replace(config, client_authority=str(tmp_path / "empty")))
    with pytest.raises(FileNotFoundError):
        certificates.load(replace(config, key=str(tmp_path / "none")))


def test_stamps_change_with_the_files(config: ApiConfig) -> None:
    before = certificates.stamps(config)
    assert certificates.stamps(config) == before
    Path(config.certificate).unlink()
    assert certificates.stamps(config)[0] is None
    assert certificates.stamps(config)[1:] == before[1:]
