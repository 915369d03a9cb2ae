"""`remote.toml`: what it may have, and paths as the daemon's machine has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from obsd.client import remote
from obsd.client.remote import Remote
from obsd.errors import ConfigError, DaemonUnreachable, NotPermitted
from tests.certificates import Authority

BAD = {
    "socket": "not TOML",
    'socket = "/run/obsd.sock"\naddress = "a:1"\ncertificate = "c"\nkey = "k"\nauthority = "a"': "either a socket or",
    "": "expected either a socket or an address",
    'address = "a:1"': "needs certificate, key and authority",
    'socket = "/s"\npasswort = "x"': "unknown key passwort",
    "socket = 1": "expected texts",
    'socket = "/s"\n[paths]\n"/a" = 1': "expected texts",
}


@pytest.mark.parametrize("text", BAD)
def test_a_bad_file_says_why(tmp_path: Path, text: str) -> None:
    (tmp_path / "remote.toml").write_text(text)
    with pytest.raises(ConfigError) as refused:
        remote.load(tmp_path / "remote.toml")
    assert BAD[text] in refused.value.message


def test_the_longest_folder_names_the_path(tmp_path: Path) -> None:
    text = 'socket = "/run/obsd.sock"\n[paths]\n"/w" = "/home/ada"\n"/w/shop" = "/srv/shop/"\n"/" = "/root"\n'
    (tmp_path / "remote.toml").write_text(text)
    place = remote.load(tmp_path / "remote.toml")
    assert place.socket == "/run/obsd.sock"
    there = {path: place.there(path) for path in ("/w/shop", "/w/shop/.git", "/w/shops", "/w", "/x")}
    assert there == {
        "/w/shop": "/srv/shop",
        "/w/shop/.git": "/srv/shop/.git",
        "/w/shops": "/home/ada/shops",
        "/w": "/home/ada",
        "/x": "/root/x",
    }
    assert Remote(socket="/s").there("/any") == "/any"


def _remote(authority: Authority, mode: int) -> Remote:
    certificate, key = authority.sign("container")
    key.chmod(mode)
    own = str(authority.certificate)
    return Remote(address="127.0.0.1:1", certificate=str(certificate), key=str(key), authority=own)


def test_a_key_that_others_can_read_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(NotPermitted) as refused:
        _remote(Authority(tmp_path, "own"), 0o644).connect(5)
    assert refused.value.reason == "key_open"


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(DaemonUnreachable) as refused:
        _remote(Authority(tmp_path, "own"), 0o600).connect(5)
    assert "no daemon answers at 127.0.0.1:1: Connection refused" in refused.value.message
    with pytest.raises(ConfigError) as missing:
        Remote(address="127.0.0.1:1", certificate="/none", key="/none", authority="/none").connect(5)
    assert missing.value.reason == "certificate_unusable"
