"""Owns the generated API code: makes obsd/v1/*_pb2*.py from proto/, by whichever generator there is.

It prefers grpcio-tools and falls back to `protoc` with `grpc_python_plugin` on the PATH, which is what a Debian
build has; OBSD_PROTOC=system asks for the latter. It must not be imported at run time: only setup.py and the
command line (`python packaging/codegen.py FOLDER`) use it.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
FLOORS = {"grpcio": "1.51.1", "protobuf": "4.21.12"}

# What generated code says of the run time that it needs. Generators from before these marks need none.
_GRPC_MARK = re.compile(r"^GRPC_GENERATED_VERSION = '([0-9.]+)'", re.MULTILINE)
_PROTOBUF_MARK = re.compile(r"^# Protobuf Python Version: ([0-9.]+)", re.MULTILINE)


class GeneratorMissingError(RuntimeError):
    """There is nothing to generate the code with."""


def generate(destination: Path) -> None:
    """Writes the modules and type stubs below `destination` (its obsd/v1), replacing what an earlier run left.

    Raises GeneratorMissingError, or subprocess.CalledProcessError when a .proto file is wrong.
    """
    package = destination.absolute() / "obsd" / "v1"
    package.mkdir(parents=True, exist_ok=True)
    stale = set(package.glob("*_pb2*"))
    # Each file is replaced in one step: a checkout may be in use.
    with tempfile.TemporaryDirectory(dir=package) as folder:
        _compile(Path(folder))
        for made in (Path(folder) / "obsd" / "v1").iterdir():
            made.replace(package / made.name)
            stale.discard(package / made.name)
    for path in stale:
        path.unlink()


def requirements() -> list[str]:
    """The run-time requirements on grpcio and protobuf of the code that this machine's generator makes.

    Without a generator they are the floors: metadata can be read, only a build cannot be made.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            generate(Path(folder))
        except GeneratorMissingError:
            return [f"{name}>={floor}" for name, floor in FLOORS.items()]
        code = "\n".join(path.read_text() for path in Path(folder).rglob("*_pb2*.py"))
    grpcio, protobuf = _GRPC_MARK.search(code), _PROTOBUF_MARK.search(code)
    return [
        f"grpcio>={grpcio[1] if grpcio else FLOORS['grpcio']}",
        _protobuf_requirement(protobuf[1]) if protobuf else f"protobuf>={FLOORS['protobuf']}",
    ]


def _compile(destination: Path) -> None:
    outputs = [f"--{kind}_out={destination}" for kind in ("python", "pyi", "grpc_python")]
    sources = sorted(str(path.relative_to(PROTO)) for path in PROTO.rglob("*.proto"))
    subprocess.run([*_command(), f"-I{PROTO}", *outputs, *sources], check=True, cwd=PROTO)


def _protobuf_requirement(generated: str) -> str:
    # protobuf promises that a run time takes code of its own and of the previous major version.
    # https://protobuf.dev/support/cross-version-runtime-guarantee/
    return f"protobuf>={generated},<{int(generated.split('.')[0]) + 2}"


def _command() -> list[str]:
    if os.environ.get("OBSD_PROTOC") != "system" and importlib.util.find_spec("grpc_tools") is not None:
        return [sys.executable, "-m", "grpc_tools.protoc"]
    protoc, plugin = shutil.which("protoc"), shutil.which("grpc_python_plugin")
    if protoc is None or plugin is None:
        raise GeneratorMissingError(
            "the API code cannot be generated: install grpcio-tools (pip), "
            "or protobuf-compiler and protobuf-compiler-grpc (Debian)"
        )
    return [protoc, f"--plugin=protoc-gen-grpc_python={plugin}"]


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT)
