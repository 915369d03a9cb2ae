"""Python processes of obsd's own, which import nothing that lies where they start. Pure, any thread.

`python -m` puts the working folder first on sys.path, and so do empty parts of PYTHONPATH: a repository's json.py
would run. An isolated interpreter (`-I`) looks at neither; what this process imports from, it is told in full paths.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import obsd

FOLDER = "/"
"""Where such processes start: nobody else can write there, and it keeps no file system from being unmounted."""

_START = """import sys
end = sys.argv.index("--")
sys.path += [folder for folder in sys.argv[1:end] if folder not in sys.path]
sys.argv[:] = sys.argv[:1] + sys.argv[end + 1:]
"""


def command(call: str, *arguments: str) -> list[str]:
    """The command that evaluates `call`, for example "from a.b import c; c()", with the arguments as sys.argv[1:].

    This process' own folders come behind those of the interpreter: they have what it has not where obsd is installed
    for one user, runs from a checkout, or was told its places by PYTHONPATH.
    """
    package = os.fspath(Path(obsd.__file__).resolve().parent.parent)
    folders = [package, *(folder for folder in sys.path if os.path.isabs(folder))]
    return [sys.executable, "-I", "-c", _START + call, *dict.fromkeys(folders), "--", *arguments]


def environment() -> dict[str, str]:
    """This process' environment without what steers Python, leads git elsewhere or speaks to systemd."""
    return {
        key: value
        for key, value in os.environ.items()
        if key != "NOTIFY_SOCKET" and not key.startswith(("GIT_", "PYTHON"))
    }
