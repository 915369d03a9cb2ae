"""Owns what is done on a day of the soak: everything that a machine full of agents does, each day under new names."""

from __future__ import annotations

import json
import time
from pathlib import Path

from benchmarks import rig
from tests.otlp import attributes, binary, claude_metrics, point, send_once
from tests.support import Daemon, Repository, remove_tree

FILES = 40
KEPT_DAYS = 3
REMEMBERED = 21_000
"""More files and tools than obsd remembers, so that a day that adds some takes as many away."""
RECORDS_DAYS = 30
"""After which an agent removes its records, as they do."""
COMMANDS = 80
"""That an agent runs in a conversation: what is remembered of tools is at its bound after some hundred days."""
AGENTS = ("CLAUDECODE", "CODEX_SANDBOX", "GEMINI_CLI", "CURSOR_AGENT", "")


class Days:
    """A daemon with two workspaces that stay, and one that is another each week."""

    def __init__(self, daemon: Daemon, folder: Path, address: str) -> None:
        self._daemon = daemon
        self._folder = folder
        self._address = address
        self._stay = [rig.repository(folder / f"stay{number}", files=100) for number in range(2)]
        for repository in self._stay:
            daemon.add(repository.path, repository.path.name)
        self.past = 0

    def fill(self) -> None:
        """What a year leaves in memory, at once: files, and tools of a conversation, beyond all that is remembered."""
        folder = self._folder / "year"
        folder.mkdir()
        self._daemon.add(folder, "year")
        for number in range(REMEMBERED):
            place = folder / f"month{number * 12 // REMEMBERED}" / f"part{number % 20}"
            place.mkdir(parents=True, exist_ok=True)
            (place / f"file{number}-of-that-year.py").write_text("year = 1\n")
            if number % 500 == 0:
                self._daemon.settle("year")
        self._daemon.settle("year")
        self._record(self._stay[0], REMEMBERED)

    def spend(self) -> None:
        """One day."""
        self.past += 1
        for repository in self._stay:
            self._work(repository)
            self._record(repository)
            self._send(repository)
        self._daemon.scrape()
        if self.past % 7 == 0:
            self._visit()
            self._ask()
            # The bounds of the ledger move, and it is pruned.
            self._daemon.configure(configuration(self._address, 4_000_000 + self.past % 2))
            assert self._daemon.obsctl("reload").code == 0

    def _work(self, repository: Repository) -> None:
        day = self.past
        repository.git("checkout", "-q", "-b", f"feat/day-{day}")
        for number in range(FILES):
            repository.write(f"day{day}/part{number % 7}/file{number}-{day}.py", f"day = {day}\n" * (number + 1))
        self._commit(repository, f"feat: add the work of day {day}")
        for number in range(0, FILES, 2):
            repository.write(f"day{day}/part{number % 7}/file{number}-{day}.py", f"again = {day}\n" * (number + 3))
        repository.git("mv", f"day{day}/part1", f"day{day}/moved{day}")
        (repository.path / f"day{day}/part2").rename(repository.path / f"day{day}/renamed{day}")
        self._commit(repository, f"refactor: move the work of day {day}")
        if day > KEPT_DAYS:
            repository.git("rm", "-rq", f"day{day - KEPT_DAYS}")
        # Other rules of what is ignored have the whole tree compared again.
        repository.write(".gitignore", f"*.tmp{day}\n")
        self._commit(repository, f"chore: tidy up after day {day}")
        repository.git("checkout", "-q", "main")
        repository.git("merge", "-q", "--no-ff", "--no-edit", f"feat/day-{day}")
        repository.git("branch", "-qD", f"feat/day-{day}")

    def _commit(self, repository: Repository, message: str) -> None:
        person = f"Person {self.past}"
        address = f"person{self.past}@example.org"
        agent = AGENTS[self.past % len(AGENTS)]
        who = {"GIT_AUTHOR_NAME": person, "GIT_AUTHOR_EMAIL": address} | ({agent: "1"} if agent else {})
        repository.commit(message, **who)

    def _record(self, repository: Repository, commands: int = COMMANDS) -> None:
        """A conversation that an agent writes down: it wrote a file of today."""
        session = f"{self.past:08}-0000-0000-0000-{repository.path.name}"
        folder = self._daemon.home / ".claude" / "projects" / str(repository.path).replace("/", "-")
        folder.mkdir(parents=True, exist_ok=True)
        old = folder / f"{self.past - RECORDS_DAYS:08}-0000-0000-0000-{repository.path.name}.jsonl"
        old.unlink(missing_ok=True)
        target = repository.path / f"said{self.past % KEPT_DAYS}.py"
        text = f"said = {self.past}\n"
        target.write_text(text)
        call = {"type": "tool_use", "id": f"call{self.past}", "name": "Write"}
        call["input"] = {"file_path": str(target), "content": text}  # type: ignore[assignment]
        result = {"type": "tool_result", "tool_use_id": f"call{self.past}", "content": "done"}
        lines = [
            {"type": "assistant", "message": {"role": "assistant", "model": f"m{self.past}", "content": [call]}},
            {"type": "user", "message": {"role": "user", "content": [result]}, "toolUseResult": {"type": "create"}},
        ]
        for number in range(commands):
            tool = f"toolu_{self.past:010}{number:010}{repository.path.name}"
            call = {"type": "tool_use", "id": tool, "name": "Bash", "input": {"command": "make"}}  # type: ignore[dict-item]
            lines.append({"type": "assistant", "message": {"role": "assistant", "content": [call]}})
            result = {"type": "tool_result", "tool_use_id": tool, "content": "done"}
            lines.append({"type": "user", "message": {"role": "user", "content": [result]}})
        shared = {"sessionId": session, "cwd": str(repository.path), "version": "2.0.0"}
        with (folder / f"{session}.jsonl").open("w") as file:
            for number, line in enumerate(lines):
                now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
                file.write(json.dumps(shared | line | {"uuid": f"{session}-{number}", "timestamp": now}) + "\n")

    def _send(self, repository: Repository) -> None:
        """Telemetry of a session and a model that were never seen before."""
        now = time.time_ns()
        name = f"{repository.path.name}-{self.past}"
        points = [point(5, now + number, now, session=name, model=f"m{self.past}-{number}") for number in range(10)]
        event = {"timeUnixNano": str(now), "body": {"stringValue": "claude_code.api_request"}}
        event["attributes"] = attributes(  # type: ignore[assignment]
            session__id=name, event__name="api_request", model=f"m{self.past}", input_tokens="7", cost_usd="0.1"
        )
        resource = {"attributes": attributes(service__name="claude-code")}
        logs = {"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": [event]}]}]}
        for signal, body in (("metrics", claude_metrics(*points)), ("logs", logs)):
            status, _ = send_once(self._address, signal, binary(signal, body), form="protobuf")
            assert status == 200

    def _visit(self) -> None:
        """A workspace that is there on one day alone."""
        name = f"visit{self.past}"
        repository = rig.repository(self._folder / name, files=20)
        self._daemon.add(repository.path, name)
        repository.write("new.py", "new = 1\n")
        repository.commit(f"feat: add one in {name}")
        self._daemon.settle(name)
        assert self._daemon.obsctl("remove-workspace", name).code == 0
        remove_tree(repository.path)

    def _ask(self) -> None:
        """What a person looks at."""
        for repository in self._stay:
            self._daemon.settle(repository.path.name)
        for verb in ("status", "sessions", "commits", "violations", "report", "doctor"):
            self._daemon.obsctl("--json", verb)


def configuration(address: str, ledger_bytes: int) -> str:
    """Short sessions, and a ledger that is soon at its bounds."""
    return (
        f'[telemetry]\nhttp = "{address}"\n[sessions]\nidle_timeout_seconds = 2\n'
        f"[ledger]\nretention_days = 0.01\nmax_bytes = {ledger_bytes}\n"
        "[watch]\nbaseline_bytes = 1048576\n"
    )
