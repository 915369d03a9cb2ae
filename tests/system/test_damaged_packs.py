"""Damaged pack indexes with the libgit2 of Debian 12 and 13: a reader may crash; what is said is true or nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.mutated_packs import COUNT, mutated, packed
from tests.support import Repository, clean_environment
from tests.system.machine import Machine

# Each repository in a process of its own, which stands for a reader.
READ = """
import json, os, subprocess, sys
ids = sys.argv[2].split()
ONE = '''
import json, sys
from pathlib import Path
from obsd.git import layout
from obsd.git.commit_contents import read_contents
found = read_contents(layout.find(Path(sys.argv[1])), sys.argv[2:])
print(json.dumps([one.info and one.info.message for one in found]))
'''
for name in sorted(os.listdir(sys.argv[1])):
    run = subprocess.run([sys.executable, "-c", ONE, os.path.join(sys.argv[1], name), *ids], cwd="/",
                         capture_output=True, text=True, timeout=100)
    print(json.dumps([name, run.returncode, json.loads(run.stdout) if run.returncode == 0 else run.stderr[-300:]]))
"""


def test_what_debians_libgit2_makes_of_them(installed: Machine, packages: Path, tmp_path: Path) -> None:
    repository = Repository(tmp_path / "repository", clean_environment(tmp_path))
    ids = packed(repository)
    shared = packages / "damaged"
    try:
        made = list(mutated(repository, shared))
        printed = installed.run("python3", "-c", READ, "/mnt/host/damaged", " ".join(ids), timeout=1200)
    finally:
        shutil.rmtree(shared, ignore_errors=True)
    results = [json.loads(line) for line in printed.splitlines()]
    assert len(results) == len(made) == COUNT
    for name, code, said in results:
        if code < 0:
            continue  # a signal: it is a reader that ends, and the next one asks the git program
        assert code == 0 or "ObsdError" in said or "obsd.errors" in said, f"{name}: {said}"
        if code == 0:
            truths = [f"feat: number {number} of them\n" for number in range(len(ids))]
            wrong = [one for one, true in zip(said, truths, strict=True) if one not in (None, true)]
            assert not wrong, f"{name}: {wrong}"
