"""Inputs as they should be, from which mutated ones are made. Owns nothing else."""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path
from typing import Final

_ROOT = Path(__file__).resolve().parent.parent.parent
_A, _B = "1" * 40, "2" * 40

CONFIGURATIONS: Final = (
    b"version = 1\n",
    b'version = 1\n[metrics]\nlisten = "127.0.0.1:0"\nfilenames = "off"\n[ledger]\nmax_bytes = 99999999\n',
    b'version = 1\n[rules]\ncommit_lines = 500\nprotected_paths = ["*.lock"]\n[watch]\nexclude = ["*.o"]\n',
    b'version = 1\n[[agents]]\nname = "x"\n[[workspaces]]\npath = "/srv/a"\n[workspaces.rules]\ncommit_lines = 1\n',
)
REPORTS: Final = (
    b"obsd-report 1\nworktree 2\n/w\nhook 11\npost-commit\ncommit_id 40\n" + _A.encode() + b"\nend\n",
    b"obsd-report 1\nworktree 4\n/w\n\xff\nhook 5\nprobe\nmark 5\nA=b\nc\nancestor 6\n12 zsh\nend\n",
)
REFLOGS: Final = (
    f"{'0' * 40} {_A} Ann <a@b> 1700000000 +0000\tcommit (initial): one\n"
    f"{_A} {_B} Ann <a@b> 1700000009 +0000\trebase (start): checkout main\n"
    f"{_B} {_A} Ann <a@b> 1700000010 -1200\tcheckout: moving from main to side\n".encode(),
    f"{_A} {_B} A <> -5 +0000\n"
    f"{_B} {_A} A <a@b> 1800000000 +0000\trebase (finish): returning to refs/heads/x\n".encode(),
)
POINTERS: Final = (
    b"gitdir: ../x/.git\n",
    b"ref: refs/heads/main\n",
    _A.encode() + b"\n",
    b"../..\n",
    b"refs/heads/a\n",
)
COMMITS: Final = (
    f"tree {_A}\nparent {_B}\nauthor Ann <a@b> 1700000000 +0000\ncommitter Ann <a@b> 1700000000 +0000\n"
    "encoding ISO-8859-1\n\nfeat: x\n\nCo-authored-by: Claude <noreply@anthropic.com>\n".encode(),
    b"tree\nauthor <\ncommitter >\ngpgsig -----BEGIN\n x\n\n",
)
PATTERNS: Final = (b"*.py\n!a.py\n/build/\n**/x/**\n[a-z]?[!b]*\n\\#x \\ \n", b"*a*a*a*a*a*a*a*b\n[[:alpha:]]**/*b\n")
REQUESTS: Final = (
    b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\nAuthorization: Bearer x\r\n\r\n",
    b"POST /v1/logs HTTP/1.1\r\nHost: a:1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n",
)
NAMES: Final = (b"shop", b"a b/\xff", "ä\u202e\n\x1b[31m".encode(), b"." * 90, b"-x")
ANSWERS: Final = (
    b'["done",{"of":"obsd.git.reflog:Entry","tuple":["1","2","A","3","x"]},"",false]',
    b'["done",{"of":"obsd.git.numstat:Figures","fields":{"lines_added":1}},"",false]',
    b'["failed",["NotFound","a","b","c"],"",false]',
    b'["done",{"tuple":[1,{"set":[2]},{"map":[[1,"\\udcff"]]}]},"",true]',
)
NUMSTATS: Final = (b"1\t2\ta\0", b"\n-\t-\tb\x00003\t4\t\0old\0new\0")


PACKED: Final = (
    f"# pack-refs with: peeled fully-peeled sorted \n{_A} refs/heads/main\n{_B} refs/tags/v1\n^{_A}\n".encode(),
    f"{_A} refs/heads/main\n".encode(),
    # Large enough to be searched by parts.
    b"# pack-refs with: peeled fully-peeled sorted \n"
    + b"".join(f"{_A} refs/heads/a{number:05}\n".encode() for number in range(3_000))
    + f"{_B} refs/heads/main\n".encode(),
)


def telemetry() -> tuple[bytes, ...]:
    """Requests of agents, in JSON and in protobuf."""
    lines = [
        line.encode()
        for file in sorted((_ROOT / "tests/data/otlp").glob("*.jsonl"))
        for line in file.read_text().splitlines()[:4]
    ]
    return (*lines, b'{"resourceMetrics": [{"scopeMetrics": []}]}', bytes.fromhex("0a021200"))


def logs() -> tuple[bytes, ...]:
    """A write-ahead log of SQLite's."""
    with tempfile.TemporaryDirectory(prefix="fz") as folder:
        connection = sqlite3.connect(Path(folder) / "l", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (x)")
        data = (Path(folder) / "l-wal").read_bytes()
        connection.close()
    return (data,)
