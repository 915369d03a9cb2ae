"""What is not tested because something is missing is said, or fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = """
import pytest

def test_without_a_program():
    pytest.skip("frobnicate is not installed: apt install frobnicate")

@pytest.mark.skipif(True, reason="root may read everything")
def test_as_somebody_else():
    raise AssertionError

def test_that_runs():
    pass
"""


def run(folder: Path, **environment: str) -> tuple[int, str]:
    """Runs the tests above and a module that cannot be imported; returns the exit code and what was said."""
    (folder / "test_it.py").write_text(TESTS)
    (folder / "test_module.py").write_text("import pytest\npytest.importorskip('frobnicate')\n")
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.missing_tools", "-p", "no:cacheprovider", str(folder)]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OBSD_", "PYTEST_"))}
    done = subprocess.run(
        command,
        cwd=folder,
        env=inherited | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_what_is_missing_is_named_at_the_end(tmp_path: Path) -> None:
    code, said = run(tmp_path)
    assert code == 0, said
    end = said[said.index("not tested, because something is missing") :]
    assert "   1 frobnicate is not installed: apt install frobnicate" in end
    assert "   1 could not import 'frobnicate'" in end
    assert "root may read everything" not in end


def test_what_is_missing_fails_where_all_is_to_be_there(tmp_path: Path) -> None:
    code, said = run(tmp_path, OBSD_ALL_TOOLS="1")
    assert code != 0, said
    assert "test_module.py: could not import 'frobnicate'" in said
    code, said = run(tmp_path, OBSD_ALL_TOOLS="1", PYTEST_ADDOPTS="--ignore-glob=*test_module.py")
    assert code == 1, said
    assert "test_without_a_program: frobnicate is not installed" in said
    assert "1 failed, 1 passed, 1 skipped" in said
