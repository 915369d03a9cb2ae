"""The metrics address with TLS and passwords by a web.config.yml, over real connections."""

from __future__ import annotations

import asyncio
import base64
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from obsd.config import MetricsConfig
from obsd.exporter import formats, web_config
from obsd.exporter.endpoint import MetricsEndpoint
from obsd.exporter.web_config import WebConfigError
from obsd.health import Health

bcrypt = pytest.importorskip("bcrypt")
pytest.importorskip("yaml")

BODY = b"x 1\n" * 2000
REQUEST = "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}\r\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a certificate for localhost and its key."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    subprocess.run([*command, *names, *files], check=True, capture_output=True)
    return tmp_path


def written(folder: Path, text: str) -> Path:
    path = folder / "web.config.yml"
    path.write_text(text)
    return path


def users(**passwords: str) -> str:
    hashed = {name: bcrypt.hashpw(one.encode(), bcrypt.gensalt(4)).decode() for name, one in passwords.items()}
    return "basic_auth_users:\n" + "".join(f"  {name}: {one}\n" for name, one in hashed.items())


TLS = "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n"


class Bench:
    """An endpoint, and requests to it."""

    def __init__(self) -> None:
        self.health = Health()
        self.endpoint = MetricsEndpoint(lambda accept: (BODY, formats.TEXT), lambda: True, self.health)

    async def get(self, path: str = "/metrics", more: str = "", tls: ssl.SSLContext | None = None) -> bytes:
        port = int(self.endpoint.url.rsplit(":", 1)[1].split("/")[0])
        name = "localhost" if tls is not None else None
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname=name)
        try:
            writer.write(REQUEST.format(path=path, more=more).encode())
            return await asyncio.wait_for(reader.read(), 20)
        finally:
            writer.close()


def serve(path: Path, work: Callable[[Bench], Awaitable[None]]) -> None:
    async def main() -> None:
        bench = Bench()
        await bench.endpoint.apply(MetricsConfig(listen="127.0.0.1:0", web_config_file=str(path)))
        try:
            await work(bench)
        finally:
            await bench.endpoint.stop()

    asyncio.run(main())


def basic(name: str, password: str) -> str:
    return f"Authorization: Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}\r\n"


def status(answer: bytes) -> int:
    return int(answer.split(b" ")[1])


def test_a_scrape_needs_the_password_of_a_user(tmp_path: Path) -> None:
    async def work(bench: Bench) -> None:
        wrong = ("", basic("ada", "no"), basic("eve", "secret"), basic("", ""), basic("ada", "x" * 80))
        for more in (*wrong, "Authorization: Basic !\r\n", "Authorization: Bearer secret\r\n"):
            answer = await bench.get(more=more)
            assert status(answer) == 401
            assert b"WWW-Authenticate: Basic" in answer
            assert BODY not in answer
        for _ in range(2):
            assert (await bench.get(more=basic("ada", "secret"))).endswith(BODY)
        assert status(await bench.get(more=basic("ada", "other"))) == 401
        assert status(await bench.get("/-/healthy")) == 200

    serve(written(tmp_path, users(ada="secret")), work)


def test_it_is_served_over_tls_alone(folder: Path) -> None:
    trusted = ssl.create_default_context(cafile=str(folder / "cert.pem"))

    async def work(bench: Bench) -> None:
        assert bench.endpoint.url.startswith("https://127.0.0.1:")
        assert (await bench.get(tls=trusted)).endswith(BODY)
        assert status(await bench.get("/nothing", tls=trusted)) == 404
        assert await bench.get() == b""
        old = ssl.create_default_context(cafile=str(folder / "cert.pem"))
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        assert status(await bench.get(tls=old)) == 200

    serve(written(folder, TLS), work)


def test_a_client_without_a_certificate_reads_nothing(folder: Path) -> None:
    text = TLS + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: cert.pem\n  min_version: TLS13\n"
    anybody = ssl.create_default_context(cafile=str(folder / "cert.pem"))
    known = ssl.create_default_context(cafile=str(folder / "cert.pem"))
    known.load_cert_chain(folder / "cert.pem", folder / "key.pem")

    async def work(bench: Bench) -> None:
        assert (await bench.get(tls=known)).endswith(BODY)
        try:
            answer = await bench.get(tls=anybody)
        except (ssl.SSLError, ConnectionError):
            answer = b""
        assert answer == b""

    serve(written(folder, text), work)


def test_a_reload_reads_the_file_again_and_never_opens_what_was_closed(tmp_path: Path) -> None:
    path = written(tmp_path, users(ada="first"))

    async def work(bench: Bench) -> None:
        written(tmp_path, users(ada="second"))
        config = MetricsConfig(listen="127.0.0.1:0", web_config_file=str(path))
        await bench.endpoint.apply(config)
        assert status(await bench.get(more=basic("ada", "first"))) == 401
        assert status(await bench.get(more=basic("ada", "second"))) == 200
        written(tmp_path, "basic_auth_users: [")
        await bench.endpoint.apply(config)
        assert bench.endpoint.url == ""
        assert [held.code for held in bench.health.list()] == ["metrics_not_served"]
        written(tmp_path, "")
        await bench.endpoint.apply(replace(config, listen="0.0.0.0:0"))
        assert bench.endpoint.url == ""
        await bench.endpoint.apply(config)
        assert status(await bench.get()) == 200

    serve(path, work)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[", "not YAML"),
        ("- a\n", "the file is no table"),
        ("rate_limit: {}\n", "does not know rate_limit"),
        ("tls_server_config: {cert_file: cert.pem}\n", "needs cert_file and key_file"),
        ("tls_server_config: {cert_file: gone, key_file: gone}\n", "cannot be used"),
        ("tls_server_config: {cert_file: 1, key_file: key.pem}\n", "cert_file is no text"),
        (f"{TLS}  min_version: TLS10\n", "min_version is one of TLS12, TLS13"),
        (f"{TLS}  client_auth_type: RequestClientCert\n", "client_auth_type is one of"),
        (f"{TLS}  client_ca_file: cert.pem\n", "client_ca_file goes with"),
        ("basic_auth_users: {ada: secret}\n", "ada has no bcrypt hash"),
        (f"basic_auth_users: {{ada: $2y$31${'a' * 53}}}\n", "the cost of a hash"),
        ("!!python/object/apply:os.system ['true']\n", "not YAML"),
    ],
)
def test_what_is_wrong_is_said(folder: Path, text: str, words: str) -> None:
    with pytest.raises(WebConfigError, match=words):
        web_config.load(str(written(folder, text)))


def test_a_module_that_is_missing_is_named_with_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "yaml", None)
    with pytest.raises(WebConfigError, match="apt install python3-yaml"):
        web_config.load(str(written(tmp_path, "")))
