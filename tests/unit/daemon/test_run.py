"""The end of the process: in time whatever a part does, and not after a reload that takes for ever."""

from __future__ import annotations

import subprocess
import sys

import pytest

_STUB = """
import asyncio, os, signal, sys, time
from obsd.daemon import run as running

class Damage:
    noticed = None

class Stub:
    ledger_damage = Damage()

    async def start(self):
        pass

    async def reload(self):
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.Event().wait()

    async def stop(self, *, again):
        {stop}

async def main():
    Damage.noticed = asyncio.Event()
    asyncio.get_running_loop().call_later(0.2, os.kill, os.getpid(), {signal})
    return await real(stub)

stub, real = Stub(), running._run
running.END_SECONDS = 1.0
running._run = lambda daemon: main()
running.run(stub)
"""


def run(stop: str, signal: str) -> subprocess.CompletedProcess[str]:
    code = _STUB.format(stop=stop, signal=signal)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)


def test_a_signal_ends_it_also_while_it_reloads() -> None:
    result = run("print('stopped', flush=True)", "signal.SIGHUP")
    assert (result.returncode, result.stdout) == (0, "stopped\n"), result.stderr


@pytest.mark.parametrize("stuck", ["time.sleep(600)", "await asyncio.Event().wait()"])
def test_an_end_that_does_not_end_is_ended_and_says_where(stuck: str) -> None:
    result = run(stuck, "signal.SIGTERM")
    assert result.returncode == 1
    assert "Timeout" in result.stderr
    assert "most recent call first" in result.stderr
