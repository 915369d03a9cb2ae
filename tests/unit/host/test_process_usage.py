"""What a process has taken, by the kernel's count."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

from obsd.host.process_usage import Usage, usage_of


def test_it_is_what_the_process_itself_knows() -> None:
    burn = "import time\nwhile time.process_time() < 0.3: pass\nprint(time.process_time(), flush=True)\ninput()"
    with subprocess.Popen([sys.executable, "-c", burn], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        own = float(process.stdout.readline())
        found = usage_of(process.pid)
        process.communicate(b"\n")
    assert abs(found.cpu_seconds - own) < 0.05
    assert 1 << 20 < found.resident_bytes < 1 << 30
    assert usage_of(os.getpid()).resident_bytes <= resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_a_process_that_is_gone_takes_nothing() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert usage_of(process.pid) == usage_of(0) == Usage(0.0, 0.0)
