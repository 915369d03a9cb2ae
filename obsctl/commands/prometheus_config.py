"""`obsctl prometheus-config`: the configuration with which Prometheus scrapes the running daemon, as YAML.

Owns the scrape jobs and two complete configurations: of a Prometheus that stores samples, and of one in agent mode,
which forwards them. The examples in packaging/prometheus are the output of these functions.
"""

from __future__ import annotations

import json
import socket
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from obsctl import arguments
from obsctl.call import Call
from obsd.errors import ObsdError

if TYPE_CHECKING:
    from obsd.config import Config

JOB = "agent-activity-tracker"
INTERVAL_SECONDS = 5
AGENT_INTERVAL_SECONDS = 15
TIMEOUT_SECONDS = 2
RULES = "/usr/share/obsd/prometheus/rules"
"""Where the package obsd-monitoring installs the rules."""

UNBOUNDED_LABELS = ("filename", "author", "branch", "le")
"""Series with these stay on the machine in agent mode: they are most of the series, and name files and people."""


def configure(parser: ArgumentParser) -> None:
    """Adds what to print: by default the scrape job only."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--whole", action="store_true", help="a complete prometheus.yml with the rules, not only the job")
    form.add_argument(
        "--remote-write", metavar="URL", type=url, help="a complete configuration for agent mode that sends to this URL"
    )
    parser.add_argument(
        "--machine",
        metavar="NAME",
        type=arguments.given,
        help="the label `machine` of what is sent (default: the host name)",
    )
    parser.add_argument("--target", metavar="HOST:PORT", type=arguments.given, help="scrape this address instead")


def url(text: str) -> str:
    """An http or https address."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or not text.isprintable() or " " in text:
        raise ArgumentTypeError(f"{text!r} is not a URL such as http://victoria:8428/api/v1/write")
    return text


def run(call: Call) -> int:
    """Prints the configuration; a daemon that serves no metrics is an error."""
    args = call.args
    with call.client() as client:
        status = client.status()
    config = _config(status.config_file)
    push = "" if args.remote_write else urlsplit(config.push.pushgateway).netloc
    target = args.target
    if target is None and (status.metrics_url or not push):
        target = reachable(status.metrics_url, config.metrics.listen)
    seconds = AGENT_INTERVAL_SECONDS if args.remote_write else INTERVAL_SECONDS
    tls = status.metrics_url.startswith("https:")
    jobs = [scrape_job(target, config.metrics.token_file, seconds, tls)] if target else []
    jobs += [push_job(push)] if push else []
    if args.remote_write:
        text = agent_mode(jobs, args.remote_write, args.machine or socket.gethostname())
    else:
        text = whole(jobs) if args.whole else "\n".join(jobs)
    if call.json:
        call.document("prometheus-config", target=target, text=text)
    else:
        print(text, end="")
    return 0


def _config(path: str) -> Config:
    """Returns the configuration of the daemon, which names the token's file."""
    from obsd import config

    return config.load(Path(path) if path else None)


def reachable(metrics_url: str, listen: str) -> str:
    """Returns the address to scrape, with this host's name if others can reach it. Errors: ObsdError (no_metrics)."""
    from obsd.host.addresses import is_loopback, split_address

    if not metrics_url:
        raise ObsdError(
            "no_metrics",
            "the daemon serves no metrics over HTTP",
            "`obsctl status` shows why; set metrics.listen, or push.pushgateway where nothing can scrape",
        )
    served = urlsplit(metrics_url).netloc
    host = split_address(listen)[0] if listen else ""
    if listen and not is_loopback(host):
        wild = host in ("", "0.0.0.0", "::")  # noqa: S104 - compared, not bound
        return f"{socket.gethostname()}:{served.rpartition(':')[2]}" if wild else served
    return served


def scrape_job(target: str, token_file: str = "", interval_seconds: int = INTERVAL_SECONDS, tls: bool = False) -> str:
    """Returns the job for a daemon, an entry of `scrape_configs`."""
    lines = [
        f"  - job_name: {JOB}",
        f"    scrape_interval: {interval_seconds}s",
        f"    scrape_timeout: {TIMEOUT_SECONDS}s",
        "    metrics_path: /metrics",
    ]
    if tls:
        lines += ["    scheme: https"]
    if token_file:
        lines += ["    authorization:", f"      credentials_file: {_text(token_file)}"]
    return _lines(*lines, "    static_configs:", f"      - targets: [{_text(target)}]")


def push_job(gateway: str) -> str:
    """Returns the job for a Pushgateway: its labels are those of the pushing machine."""
    return _lines(
        "  - job_name: pushgateway",
        f"    scrape_interval: {INTERVAL_SECONDS}s",
        "    honor_labels: true",
        "    static_configs:",
        f"      - targets: [{_text(gateway)}]",
    )


def whole(jobs: list[str], rules: str = RULES) -> str:
    """Returns a prometheus.yml with the rules and an Alertmanager on this machine."""
    head = _lines(
        "global:",
        "  evaluation_interval: 15s",
        "",
        "rule_files:",
        f"  - {_text(f'{rules}/obsd.recording.yml')}",
        f"  - {_text(f'{rules}/obsd.alerts.yml')}",
        "",
        "alerting:",
        "  alertmanagers:",
        "    - static_configs:",
        '        - targets: ["127.0.0.1:9093"]',
        "",
        "scrape_configs:",
    )
    return head + "\n".join(jobs)


def agent_mode(jobs: list[str], remote_write: str, machine: str) -> str:
    """Returns the configuration of `prometheus --enable-feature=agent`, without series of unbounded labels."""
    return (
        _lines("global:", "  external_labels:", f"    machine: {_text(machine)}", "", "scrape_configs:")
        + "\n".join(jobs)
        + _lines(
            "",
            "remote_write:",
            f"  - url: {_text(remote_write)}",
            "    write_relabel_configs:",
            f"      - source_labels: [{', '.join(UNBOUNDED_LABELS)}]",
            '        separator: ""',
            "        regex: .+",
            "        action: drop",
        )
    )


def _lines(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


def _text(value: str) -> str:
    # JSON's strings are valid YAML.
    return json.dumps(value)
