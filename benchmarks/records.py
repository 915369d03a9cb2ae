"""What reading agents' records costs: 200 MB of them at start, nothing happening, and from an edit to its author.

The records have the form of Claude Code's, with sizes as they are in use: prompts and answers of some kilobytes, files
that were read, and an edit with the whole file before it in every tenth line.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import processes, rig
from benchmarks.table import Row, spread
from obsd.records.reader import Reader
from obsd.records.source import RecordsSource
from obsd.records.state import Batch, State
from obsd.records.user import User
from tests.support import Daemon
from tests.unit.records.live import ClaudeCode

MEGABYTES = 200
FILES = 100
IDLE_SECONDS = 10
EDITS = 30
AIM_START_SECONDS = 2.0
AIM_LATENCY_MILLISECONDS = 100.0
AIM_ATTRIBUTION_MILLISECONDS = 1000.0
WORKSPACE = "/srv/workspace"
SALT = b"salt"


def run() -> list[Row]:
    """The table's rows."""
    with tempfile.TemporaryDirectory(prefix="obsd-bench-") as folder:
        home = Path(folder)
        fill(home)
        return [*starts(home), *asyncio.run(running(home)), *in_the_daemon()]


def fill(home: Path) -> None:
    """200 MB of records of the last days, the newest an hour old."""
    project = home / ".claude" / "projects" / "-srv-workspace"
    project.mkdir(parents=True)
    begin = time.time() - 3 * 86400
    for number in range(FILES):
        session = f"00000000-0000-0000-0000-{number:012}"
        path = project / f"{session}.jsonl"
        size, at = 0, begin + number * 2000
        with path.open("w") as file:
            for index in range(1_000_000):
                if size >= MEGABYTES * 1_000_000 / FILES:
                    break
                size += file.write(line(session, index, at + index) + "\n")
        os.utime(path, (at + 3600, at + 3600))


def line(session: str, index: int, at: float) -> str:
    """A line of a conversation: question, call, result, in turn."""
    head = {
        "sessionId": session,
        "cwd": WORKSPACE,
        "version": "2.1.197",
        "timestamp": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "uuid": f"{session}-{index}",
    }
    tool, text = f"toolu_{session[-4:]}{index // 2:016}", "some words of a conversation, and of code as well; " * 40
    edits = index // 2 % 5 == 0
    if index % 2 == 0:
        given = {"file_path": f"{WORKSPACE}/a.py", "old_string": "x = 1", "new_string": "x = 2"}
        call = {"type": "tool_use", "id": tool, "name": "Edit" if edits else "Read", "input": given}
        usage = {"input_tokens": 3, "output_tokens": 200, "cache_read_input_tokens": 50_000}
        said = {"id": f"msg_{index}", "model": "m", "content": [{"type": "text", "text": text}, call], "usage": usage}
        return compact({**head, "type": "assistant", "message": said})
    content = "".join(f"line {number} of a file that was read\n" for number in range(300))
    result = {"type": "tool_result", "tool_use_id": tool, "content": "done" if edits else content}
    shown = {
        "filePath": f"{WORKSPACE}/a.py",
        "oldString": "x = 1",
        "newString": "x = 2",
        "originalFile": f"x = 1\n{content}",
    }
    hunk = {"oldStart": 1, "lines": ["-x = 1", "+x = 2", " line"]}
    seen = {**shown, "structuredPatch": [hunk]} if edits else {"type": "text", "file": {"content": content}}
    return compact({**head, "type": "user", "message": {"content": [result]}, "toolUseResult": seen})


def compact(record: object) -> str:
    """JSON as agents write it."""
    return json.dumps(record, separators=(",", ":"))


def starts(home: Path) -> list[Row]:
    """A first start, one after obsd was away, and one with nothing new."""
    user = User(str(home), {}, os.geteuid())
    for path in home.rglob("*.jsonl"):
        os.utime(path)
    first = start(user, State(time.time() - 60))
    away = start(user, State(time.time() - 30 * 86400))
    tools = sum(len(batch.tools) for batch in away.batches)
    again = start(user, State(time.time() - 30 * 86400).after(away.batches))
    name = f"start with {MEGABYTES} MB of records"
    return [
        Row("records", f"{name}, the first, all files in use", first.seconds, "s", AIM_START_SECONDS),
        Row("records", f"{name}, nothing new", again.seconds, "s", AIM_START_SECONDS),
        Row("records", f"{name}, all of them new", away.seconds, "s", AIM_START_SECONDS, f"{tools} tools"),
        Row("records", "the same, CPU alone", away.cpu_seconds, "s", AIM_START_SECONDS),
    ]


@dataclass(frozen=True)
class Start:
    """Until everything was read."""

    seconds: float
    cpu_seconds: float
    batches: list[Batch]


def start(user: User, state: State) -> Start:
    """Starts reading, as the source does, and reads all that there is."""
    begun, cpu = time.perf_counter(), time.thread_time()
    reader = Reader(user, [WORKSPACE], state, SALT)
    batches = [*reader.learn(), *reader.read(reader.scan())]
    return Start(time.perf_counter() - begun, time.thread_time() - cpu, batches)


async def running(home: Path) -> list[Row]:
    """The source while nothing happens, and while an agent edits."""
    news: asyncio.Queue[float] = asyncio.Queue()

    async def sink(batch: Batch) -> None:
        if any(tool.ended for tool in batch.tools):
            news.put_nowait(time.perf_counter())

    user = User(str(home), {}, os.geteuid())
    source = RecordsSource(sink, lambda: [WORKSPACE], State(time.time()), SALT, user)
    await source.start()
    await source.ready()
    before = time.process_time()
    await asyncio.sleep(IDLE_SECONDS)
    idle = time.process_time() - before
    latencies = [value async for value in edits(home, news)]
    await source.stop()
    return [
        Row("records", f"CPU of {IDLE_SECONDS} s in which nothing happens", idle * 1000, "ms", 5.0),
        *spread("records", "from an agent's record to the evidence", latencies, "ms", AIM_LATENCY_MILLISECONDS),
    ]


async def edits(home: Path, news: asyncio.Queue[float]) -> AsyncIterator[float]:
    """Milliseconds from the end of a flush to the batch."""
    path = next((home / ".claude" / "projects" / "-srv-workspace").glob("*.jsonl"))
    for number in range(EDITS):
        index = 10_000_000 + number * 10
        with path.open("a") as file:
            file.write("".join(line(path.stem, index + step, time.time()) + "\n" for step in range(2)))
        written = time.perf_counter()
        yield (await asyncio.wait_for(news.get(), 10) - written) * 1000
        await asyncio.sleep(0.05)


def in_the_daemon() -> list[Row]:
    """A daemon in a home with as many records, and an agent that edits in a workspace, one edit at a time."""
    with rig.folder() as folder:
        fill(folder / "d")
        began = time.perf_counter()
        with rig.daemon(folder, '[authors]\nwriters = "off"\n') as daemon:
            ready = time.perf_counter() - began
            repository = rig.repository(folder / "w", files=200)
            daemon.add(repository.path, "w")
            time.sleep(5)
            before = processes.own_usage(daemon.pid)
            time.sleep(IDLE_SECONDS)
            idle = (processes.own_usage(daemon.pid) - before).cpu_seconds
            agent = ClaudeCode(daemon.home, repository.path)
            delays = []
            for number in range(EDITS):
                agent.edit(repository.path / "d0" / "f0.py", f"x = {number}\n")
                delays.append(attributed(daemon, number + 1))
    return [
        Row("records", f"obsd is ready in a home with {MEGABYTES} MB of records", ready, "s"),
        Row("records", f"CPU of the daemon in {IDLE_SECONDS} s in which nothing happens", idle * 1000, "ms"),
        *spread("records", "from the record to the author in a scrape", delays, "ms", AIM_ATTRIBUTION_MILLISECONDS),
    ]


def attributed(daemon: Daemon, number: int) -> float:
    """Milliseconds until a scrape shows that many changes of the agent."""
    began = time.perf_counter()
    while daemon.scrape().sum("obsd_agent_changes_total", agent="claude-code", evidence="record") < number:
        if time.perf_counter() - began > 10:
            raise RuntimeError(f"change {number} has no author: {daemon.log[-2000:]}")
        time.sleep(0.005)
    return (time.perf_counter() - began) * 1000
