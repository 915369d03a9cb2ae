"""obsd's own Python processes, which import nothing from the folder in which they start. Pure, any thread.

`python -m` puts the working folder first on sys.path, and so do empty parts of PYTHONPATH: a repository's json.py
would run. An isolated interpreter (`-I`) uses neither; it gets this process' import folders as absolute paths.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import obsd

FOLDER = "/"
"""Where such processes start: no other user can write there, and it keeps no file system from being unmounted."""

_START = """import sys
end = sys.argv.index("--")
sys.path += [folder for folder in sys.argv[1:end] if folder not in sys.path]
sys.argv[:] = sys.argv[:1] + sys.argv[end + 1:]
"""


def command(call: str, *arguments: str) -> list[str]:
    """Returns the command that evaluates `call`, such as "from a.b import c; c()", with arguments as sys.argv[1:].

    This process' own folders come after those of the interpreter: they are needed where obsd is installed for one
    user, runs from a checkout, or is found by PYTHONPATH.
    """
    package = os.fspath(Path(obsd.__file__).resolve().parent.parent)
    folders = [package, *(folder for folder in sys.path if os.path.isabs(folder))]
    return [sys.executable, "-I", "-c", _START + call, *dict.fromkeys(folders), "--", *arguments]


def environment() -> dict[str, str]:
    """Returns this process' environment without the variables that control Python, redirect git or notify systemd.

    Which file is the user's own git configuration stays: it redirects nothing.
    """
    return {
        key: value
        for key, value in os.environ.items()
        if key == "GIT_CONFIG_GLOBAL" or (key != "NOTIFY_SOCKET" and not key.startswith(("GIT_", "PYTHON")))
    }
