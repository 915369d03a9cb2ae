"""`obsctl prometheus-config`: the text that is printed, and that the checked-in examples are that text."""

from __future__ import annotations

import shutil
import socket
import subprocess
from argparse import ArgumentTypeError
from pathlib import Path

import pytest

from obsctl.commands import prometheus_config as made
from obsd.errors import ObsdError

FOLDER = Path(__file__).resolve().parents[3] / "packaging" / "prometheus"
TARGET = "127.0.0.1:8000"
EXAMPLES = {
    "scrape.yml": "scrape_configs:\n" + made.scrape_job(TARGET) + "\n" + made.push_job("127.0.0.1:9091"),
    "prometheus.yml": made.whole([made.scrape_job(TARGET), made.push_job("127.0.0.1:9091")]),
    "prometheus-agent.yml": made.agent_mode(
        [made.scrape_job(TARGET, interval_seconds=made.AGENT_INTERVAL_SECONDS)],
        "http://victoria-metrics.example.org:8428/api/v1/write",
        "name-of-this-machine",
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_are_what_it_prints(name: str) -> None:
    text = (FOLDER / name).read_text("utf-8")
    assert "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#")) == EXAMPLES[name]


def test_the_documents_show_the_same() -> None:
    docs = FOLDER.parents[1] / "docs"
    shown = (docs / "monitoring.md").read_text("utf-8")
    assert made.scrape_job(TARGET) in shown
    assert made.push_job("127.0.0.1:9091") in shown
    assert made.scrape_job(TARGET, interval_seconds=15) in (docs / "fleet.md").read_text("utf-8")


def test_the_job_is_the_one_that_dashboards_and_alerts_expect() -> None:
    assert made.scrape_job(TARGET) == (
        "  - job_name: agent-activity-tracker\n    scrape_interval: 5s\n    scrape_timeout: 2s\n"
        '    metrics_path: /metrics\n    static_configs:\n      - targets: ["127.0.0.1:8000"]\n'
    )


def test_the_job_of_an_address_with_tls_says_so() -> None:
    assert "    scheme: https\n" in made.scrape_job(TARGET, tls=True)
    assert "scheme" not in made.scrape_job(TARGET)


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed (Debian: prometheus)")
def test_prometheus_takes_all_of_it(tmp_path: Path) -> None:
    token = tmp_path / 'a "token" file: # odd'
    token.write_text("secret")
    job = made.scrape_job(TARGET, str(token))
    rules = str(FOLDER / "rules")
    texts = {
        "whole": made.whole([job, made.push_job("gateway:9091")], rules),
        "scrape": f"scrape_configs:\n{job}",
        "agent": made.agent_mode([job], "https://a/b?c=d", 'odd "name": #'),
    }
    for name, text in texts.items():
        file = tmp_path / f"{name}.yml"
        file.write_text(text)
        mode = ["--agent"] if name == "agent" else []
        result = subprocess.run(
            ["promtool", "check", "config", *mode, file],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert result.returncode == 0, f"{name}: {result.stdout}{result.stderr}"


@pytest.mark.parametrize(
    ("listen", "expected"),
    [
        ("127.0.0.1:0", "127.0.0.1:4711"),
        ("", "127.0.0.1:4711"),
        ("0.0.0.0:4711", f"{socket.gethostname()}:4711"),
        (":4711", f"{socket.gethostname()}:4711"),
    ],
)
def test_others_scrape_it_by_its_name(listen: str, expected: str) -> None:
    assert made.reachable("http://127.0.0.1:4711/metrics", listen) == expected


def test_a_daemon_that_serves_no_metrics_is_an_error() -> None:
    with pytest.raises(ObsdError) as caught:
        made.reachable("", "")
    assert caught.value.reason == "no_metrics"


@pytest.mark.parametrize("text", ["", "victoria:8428", "ftp://x/", "http://", "http://a b/", "http://a/\n"])
def test_what_is_no_url_is_refused(text: str) -> None:
    with pytest.raises(ArgumentTypeError):
        made.url(text)
