"""Owns the work that is watched: what writes files as fast as it can, or at a rate, in a process of its own.

`python writer.py append FOLDER FOLDERS FILES ROUNDS` appends a line to every file so many times;
`python writer.py steady FOLDER FILES RATE SECONDS` makes so many edits a second. Prints the seconds it took.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path


def append(folder: str, folders: int, files: int, rounds: int) -> None:
    """Opens, appends one line to, and closes every file in turn; new files come into being."""
    paths = [f"{folder}/d{number % folders}/f{number}.txt" for number in range(files)]
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    for number in range(rounds):
        line = b"line %d\n" % number
        for path in paths:
            descriptor = os.open(path, flags, 0o644)
            os.write(descriptor, line)
            os.close(descriptor)


def steady(folder: str, files: int, rate: int, seconds: int) -> None:
    """Rewrites one file after the other, evenly over time."""
    began = time.perf_counter()
    for number in range(rate * seconds):
        time.sleep(max(0.0, began + number / rate - time.perf_counter()))
        text = "".join(f"{line} {number if line == 3 else ''}\n" for line in range(50))
        Path(folder, f"e{number % files}.py").write_text(text)


def make_folders(folder: Path, count: int, per_folder: int = 100) -> None:
    """So many folders, in folders of `per_folder`."""
    for number in range(count // per_folder):
        for below in range(per_folder - 1):
            os.makedirs(f"{folder}/d{number}/e{below}")


def run(*arguments: object) -> float:
    """Runs this module in a process of its own; returns the seconds it took."""
    done = subprocess.run([sys.executable, __file__, *map(str, arguments)], check=True, capture_output=True, text=True)
    return float(done.stdout)


if __name__ == "__main__":
    start = time.perf_counter()
    numbers = [int(argument) for argument in sys.argv[3:]]
    {"append": append, "steady": steady}[sys.argv[1]](sys.argv[2], *numbers)
    print(time.perf_counter() - start)
