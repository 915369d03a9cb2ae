"""The main job, end to end: a newcomer edits a file, commits, and sees both in /metrics and in `obsctl tail`."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.support import Daemon, Repository, command, wait_until

FILES = "copilot_files_modified_total"
EDITS = "copilot_file_edit_frequency_total"
COMMITS = "git_commits_total"


@pytest.fixture
def watched(obsd_daemon: Daemon, repository: Repository) -> Daemon:
    """A daemon that watches the repository as `w`, hooks installed."""
    obsd_daemon.add(repository.path, "w")
    return obsd_daemon


def test_the_transcript_of_the_origin(watched: Daemon, repository: Repository) -> None:
    repository.write("test_tracking.md", "# one\n")
    watched.settle("w")
    assert watched.scrape().sum(FILES, workspace="w", operation="created") == 1

    for text in ("# one\n\ntwo\n", "# one\n\ntwo\nthree\n"):
        repository.write("test_tracking.md", text)
        watched.settle("w")
    samples = watched.scrape()
    assert samples.sum(FILES, workspace="w", operation="modified") == 2
    assert samples.sum(FILES, workspace="w", operation="created") == 1
    assert samples.value(EDITS, workspace="w", filename="test_tracking.md") == 2
    assert samples.value("copilot_session_active", workspace="w") == 1
    assert (samples.value("copilot_session_duration_seconds", workspace="w") or 0) >= 0
    assert samples.sum("copilot_lines_changed_count", workspace="w") == 3
    assert samples.sum("copilot_lines_changed_sum", workspace="w") == 1 + 2 + 1

    repository.commit("docs: track what the transcript does")
    samples = watched.wait_for(COMMITS, 1, workspace="w", author="Ada Lovelace", branch="main")
    assert samples.value("git_commit_lines_added", workspace="w", branch="main") == 4
    assert samples.value("git_commit_lines_removed", workspace="w", branch="main") == 0
    assert samples.value("git_commit_files_changed", workspace="w", branch="main") == 1
    assert samples.sum("obsd_commits_total", workspace="w", kind="commit") == 1
    assert samples.sum("obsd_commit_lines_total", workspace="w", direction="added") == 4
    # A commit is no edit of the files that it holds.
    watched.settle("w")
    assert watched.scrape().sum(FILES, workspace="w") == 3


def test_what_was_committed_is_listed(watched: Daemon, repository: Repository) -> None:
    repository.write("a.py", "one\ntwo\n")
    made = repository.commit("feat: count to two", CLAUDECODE="1", AI_AGENT="claude-code_2-1-197_agent")
    watched.wait_for(COMMITS, 1, workspace="w")
    [commit] = watched.json("commits")["commits"]
    expected = {
        "id": made,
        "workspace": "w",
        "branch": "main",
        "author": "Ada Lovelace",
        "subject": "feat: count to two",
        "kind": "commit",
        "agent": "claude-code",
        "evidence": "environment",
        "lines_added": 2,
        "lines_removed": 0,
        "files_changed": 1,
    }
    assert expected.items() <= commit.items()
    [session] = watched.json("sessions")["sessions"]
    assert session["workspace"] == "w"
    assert session["ended_at"] is None
    assert session["commits"] == 1


def test_many_commits_by_hook_count_once_each(watched: Daemon, repository: Repository) -> None:
    for number in range(20):
        repository.write("a.txt", f"{number}\n")
        repository.commit(f"test: write the number {number}")
    watched.wait_for(COMMITS, 20, workspace="w")
    # The hooks' own reports come after the watcher saw the reflog: they must add nothing.
    watched.wait_for("obsd_hook_reports_total", 20, workspace="w")
    assert watched.scrape().sum(COMMITS, workspace="w") == 20
    assert len(watched.json("commits", "--limit", "0")["commits"]) == 20


def test_the_time_before_a_workspace_was_added_is_not_counted(watched: Daemon) -> None:
    samples = watched.scrape()
    assert samples.sum(COMMITS) == 0
    assert samples.sum(FILES) == 0
    assert samples.value("copilot_session_active", workspace="w") == 0


@pytest.fixture
def tail(watched: Daemon) -> Iterator[Callable[[str], dict[str, object]]]:
    """Reads `obsctl tail --json` up to the first fact of a kind."""
    process = subprocess.Popen(
        [*command("obsctl"), "--json", "tail"], env=watched.environment, stdout=subprocess.PIPE, text=True
    )

    def read(kind: str) -> dict[str, object]:
        assert process.stdout is not None
        for line in process.stdout:
            fact: dict[str, object] = json.loads(line)
            if fact["kind"] == kind:
                return fact
        raise AssertionError(f"tail ended before a {kind}")

    yield read
    process.terminate()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def test_tail_shows_edits_and_commits(
    watched: Daemon, repository: Repository, tail: Callable[[str], dict[str, object]]
) -> None:
    # tail says nothing when it is connected, so the file is written until a fact arrives.
    writes = iter(range(10_000))

    def seen() -> bool:
        repository.write(f"seen/{next(writes)}.py", "x = 1\n")
        watched.settle("w")
        return watched.scrape().sum(FILES, workspace="w") > 3

    wait_until(seen)
    changed = tail("FileChanged")
    assert changed["workspace"] == "w"
    assert changed["operation"] == "created"
    assert str(changed["path"]).startswith("seen/")
    made = repository.commit("feat: see what was written")
    assert tail("CommitMade")["commit_id"] == made


def test_metrics_are_what_promtool_wants(watched: Daemon, repository: Repository) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: apt install prometheus)")
    repository.write("a.py", "x = 1\n")
    repository.commit("feat: have something of everything")
    text = watched.wait_for(COMMITS, 1, workspace="w").text
    checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_the_command_and_the_scrape_give_the_same_names(watched: Daemon) -> None:
    printed = watched.obsctl("metrics")
    assert printed.code == 0, printed
    # Those of the process are for scrapes alone: in a text file of node_exporter they would be there twice.
    scraped = {name for name, _, _ in watched.scrape().series if not name.startswith(("process_", "python_"))}
    names = {line.split("{")[0].split(" ")[0] for line in printed.stdout.splitlines() if not line.startswith("#")}
    assert names == scraped
