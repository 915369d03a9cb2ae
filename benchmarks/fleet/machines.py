"""The series that one machine sends, as a real obsd serves them and an agent relabels them, for any number of machines.

Owns what the machine did: in five workspaces, files of eight types and commits by two agents and a person.
"""

from __future__ import annotations

from benchmarks import rig
from tests.support import Daemon, Repository

WORKSPACES = 5
TYPES = ("py", "go", "rs", "ts", "md", "json", "yaml", "sh")
COMMITS: tuple[dict[str, str], ...] = (
    {"CLAUDECODE": "1", "AI_AGENT": "claude-code_2-1-197_agent"},
    {"GEMINI_CLI": "1"},
    {},
)
STAYS = frozenset({"filename", "author", "branch", "le"})
"""Labels whose series do not leave a machine (packaging/prometheus/prometheus-agent.yml)."""
SCRAPE = {"job": "agent-activity-tracker", "instance": "127.0.0.1:8000"}
ADDED = (
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
)
"""Series that a scrape adds."""


def one() -> tuple[list[dict[str, str]], int]:
    """Returns the labels, `__name__` among them, of all series that a machine sends, and how many it serves."""
    with rig.folder() as home, rig.daemon(home) as daemon:
        for number in range(WORKSPACES):
            _work(daemon, rig.repository(home / f"project{number}"))
        series = daemon.scrape().series
    sent = [{"__name__": name, **labels, **SCRAPE} for name, labels, _ in series if not STAYS & labels.keys()]
    return [*sent, *({"__name__": name, **SCRAPE} for name in ADDED)], len(series)


def _work(daemon: Daemon, repository: Repository) -> None:
    name = repository.path.name
    daemon.add(repository.path, name)
    for number, marks in enumerate(COMMITS):
        for kind in TYPES:
            repository.write(f"file.{kind}", f"{number}\n" * (number + 1))
        repository.commit(f"feat: step {number} of this work", **marks)
        daemon.wait_for("git_commits_total", number + 1, workspace=name)
    daemon.settle(name)
