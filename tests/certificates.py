"""Certificates for tests: an authority of the test's own, and what it signs, made by the openssl program."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

_NEW = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Authority:
    """An authority; `folder` has its files and those of what it signed."""

    def __init__(self, folder: Path, name: str) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("openssl is not installed")
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.certificate, self._key = folder / "authority.crt", folder / "authority.key"
        files = ("-keyout", str(self._key), "-out", str(self.certificate))
        _openssl("req", "-x509", *_NEW, "-subj", f"/CN={name}", "-days", "2", *files)

    def sign(self, name: str, *, expired: bool = False) -> tuple[Path, Path]:
        """A certificate for a host's name, and its key. One that is expired was good for a day, long ago."""
        key, request = self.folder / f"{name}.key", self.folder / f"{name}.csr"
        certificate, extension = self.folder / f"{name}.crt", self.folder / f"{name}.ext"
        extension.write_text(f"subjectAltName=DNS:{name},IP:127.0.0.1\n")
        _openssl("req", *_NEW, "-subj", f"/CN={name}", "-keyout", str(key), "-out", str(request))
        key.chmod(0o600)
        if not expired:
            signed = ("-CA", str(self.certificate), "-CAkey", str(self._key), "-CAcreateserial", "-days", "1")
            _openssl("x509", "-req", "-in", str(request), "-extfile", str(extension), *signed, "-out", str(certificate))
            return certificate, key
        settings, database = self.folder / "ca.cnf", self.folder / "index.txt"
        database.write_text("")
        settings.write_text(
            f"[ca]\ndefault_ca=own\n[own]\ndatabase={database}\nnew_certs_dir={self.folder}\nrand_serial=yes\n"
            "default_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n"
        )
        times = ("-startdate", "20200101000000Z", "-enddate", "20200102000000Z")
        own = ("-config", str(settings), "-cert", str(self.certificate), "-keyfile", str(self._key), "-batch")
        _openssl(
            "ca", *own, *times, "-in", str(request), "-extfile", str(extension), "-out", str(certificate), "-notext"
        )
        return certificate, key
