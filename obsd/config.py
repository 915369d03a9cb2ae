"""The configuration: `obsd.toml` read, checked and compared.

Owns the file's form and the rules that join several keys; the keys themselves are in `obsd/config_sections.py`. A
`Config` never changes: a reload makes another. It does no more than read files, imports nothing heavy, any thread.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import TypeVar

import tomli

from obsd import config_tables
from obsd.config_fields import People, read_table, shown, unknown_key
from obsd.config_sections import (
    AgentConfig,
    ApiConfig,
    AuthorsConfig,
    FoundConfig,
    LedgerConfig,
    MetricsConfig,
    PushConfig,
    RulesConfig,
    SessionsConfig,
    TelemetryConfig,
    UsageConfig,
    WatchConfig,
    WebConfig,
    WorkspaceConfig,
)
from obsd.errors import ConfigError
from obsd.host.addresses import is_loopback, split_address
from obsd.text import printable

__all__ = [
    "AgentConfig",
    "ApiConfig",
    "AuthorsConfig",
    "Config",
    "FoundConfig",
    "InvalidConfig",
    "LedgerConfig",
    "MetricsConfig",
    "PushConfig",
    "RulesConfig",
    "SessionsConfig",
    "TelemetryConfig",
    "UsageConfig",
    "WatchConfig",
    "WebConfig",
    "WorkspaceConfig",
    "changes",
    "load",
    "plain",
]

T = TypeVar("T")

VERSION = 1
MAX_FILE_BYTES = 1 << 20
HINT = "docs/configuration.md has every key; `obsd --check-config` checks the file without starting"
SECTIONS = (
    "version",
    "metrics",
    "web",
    "push",
    "watch",
    "sessions",
    "authors",
    "telemetry",
    "api",
    "usage",
    "ledger",
    "rules",
    "agents",
    "workspaces",
)


class InvalidConfig(ConfigError):
    """The file's text is not a configuration; `problems` has a line for each fault, the message the first of them."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__("config_invalid", f"{printable(str(path))}: {problems[0]}{more}", HINT)
        self.problems = tuple(f"{printable(str(path))}: {problem}" for problem in problems)


@dataclass(frozen=True, slots=True)
class Config:
    """All that can be set; field names are the file's keys. `path` is the file it came from (None: all defaults)."""

    metrics: MetricsConfig = field(default_factory=MetricsConfig)
    web: WebConfig = field(default_factory=WebConfig)
    push: PushConfig = field(default_factory=PushConfig)
    watch: WatchConfig = field(default_factory=WatchConfig)
    sessions: SessionsConfig = field(default_factory=SessionsConfig)
    authors: AuthorsConfig = field(default_factory=AuthorsConfig)
    telemetry: TelemetryConfig = field(default_factory=TelemetryConfig)
    api: ApiConfig = field(default_factory=ApiConfig)
    usage: UsageConfig = field(default_factory=UsageConfig)
    ledger: LedgerConfig = field(default_factory=LedgerConfig)
    rules: RulesConfig = field(default_factory=RulesConfig)
    agents: tuple[AgentConfig, ...] = ()
    workspaces: tuple[WorkspaceConfig, ...] = ()
    found: FoundConfig = field(default_factory=FoundConfig)
    path: Path | None = None

    def rules_for(self, workspace: str) -> RulesConfig:
        """The rules of a workspace: its own, else those of the workspace its worktree belongs to, else [rules]."""
        own = {item.name: item.rules for item in self.workspaces}
        return own.get(workspace) or own.get(workspace.partition("/")[0]) or self.rules


def load(path: Path | None) -> Config:
    """The configuration in a file, or all defaults for None. Raises ConfigError (InvalidConfig for a bad file)."""
    if path is None:
        return Config()
    problems: list[str] = []
    config = _build(_parse(path), path, problems)
    _check_together(config, problems)
    if problems:
        raise InvalidConfig(path, problems)
    return config


def changes(old: Config, new: Config) -> dict[str, str]:
    """The keys that differ, each with a line such as "watch.settle_seconds: 0.1 -> 0.2"."""
    before, after = _flat("", plain(old)), _flat("", plain(new))
    return {
        key: f"{key}: {_public(before.get(key, 'default'))} -> {_public(after.get(key, 'default'))}"
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    }


def _public(value: object) -> str:
    """A value for a log: a URL without the name and the password that it may have."""
    return shown(re.sub(r"://[^/]*@", "://…@", value) if isinstance(value, str) else value)


def plain(config: object) -> object:
    """The configuration as dicts, lists and scalars, for JSON and for a person; without the path."""
    if isinstance(config, Config):
        apart = ("path", "workspaces", "found")
        sections = {item.name: plain(getattr(config, item.name)) for item in fields(config) if item.name not in apart}
        of_all = {item.name: plain(getattr(config.found, item.name)) for item in fields(config.found)}
        own = {item.name: {"rules": plain(item.rules)} for item in config.workspaces}
        return {"version": VERSION, **sections, "workspaces": of_all | own}
    if isinstance(config, AgentConfig):
        return as_table(config)
    if isinstance(config, People):
        return dict(config.pairs)
    if is_dataclass(config):
        return {item.name: plain(getattr(config, item.name)) for item in fields(config)}
    return [plain(item) for item in config] if isinstance(config, tuple) else config


def as_table(agent: AgentConfig) -> dict[str, object]:
    """An agent's marks as dicts, lists and scalars."""
    shown_env = {name: wanted or "" for name, wanted in agent.env}
    return {item.name: plain(getattr(agent, item.name)) for item in fields(agent)} | {"env": shown_env}


def _parse(path: Path) -> Mapping[str, object]:
    content = _content(path)
    try:
        return tomli.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InvalidConfig(path, [f"byte {error.start}: not UTF-8, as TOML has to be"]) from error
    except (tomli.TOMLDecodeError, RecursionError) as error:
        raise InvalidConfig(path, [f"not TOML: {str(error) or 'nested too deep'}"]) from error


def _content(path: Path) -> bytes:
    try:
        # O_NONBLOCK: a FIFO is opened at once, and then found to be no file.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        with open(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise InvalidConfig(path, ["not a regular file"])
            content = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ConfigError(
            "config_unreadable",
            f"cannot read the configuration {printable(str(path))}: {error.strerror or error}",
            "name a file that this user may read with --config, or leave it out",
        ) from error
    if len(content) > MAX_FILE_BYTES:
        raise InvalidConfig(path, [f"more than {MAX_FILE_BYTES} bytes: that is no configuration"])
    return content


def _build(document: Mapping[str, object], path: Path, problems: list[str]) -> Config:
    strange = [key for key in document if key not in SECTIONS]
    problems.extend(unknown_key(printable(key), key, list(SECTIONS), "") for key in strange)
    if document.get("version", VERSION) != VERSION or isinstance(document.get("version"), bool):
        problems.append(f"version: expected {VERSION}, found {shown(document['version'])}")

    def section(cls: type[T], name: str) -> T:
        return read_table(cls(), document.get(name, {}), f"{name}.", problems)

    rules = section(RulesConfig, "rules")
    return Config(
        metrics=section(MetricsConfig, "metrics"),
        web=section(WebConfig, "web"),
        push=section(PushConfig, "push"),
        watch=section(WatchConfig, "watch"),
        sessions=section(SessionsConfig, "sessions"),
        authors=section(AuthorsConfig, "authors"),
        telemetry=section(TelemetryConfig, "telemetry"),
        api=section(ApiConfig, "api"),
        usage=config_tables.read_usage(document.get("usage", {}), problems),
        ledger=section(LedgerConfig, "ledger"),
        rules=rules,
        agents=config_tables.read_agents(document.get("agents", []), problems),
        workspaces=config_tables.read_workspaces(document.get("workspaces", {}), rules, problems),
        found=config_tables.read_found(document.get("workspaces", {}), problems),
        path=path,
    )


def _check_together(config: Config, problems: list[str]) -> None:
    metrics, watch = config.metrics, config.watch
    if metrics.token_file and not os.path.isabs(metrics.token_file):
        problems.append("metrics.token_file: expected an absolute path")
    if metrics.web_config_file and not os.path.isabs(metrics.web_config_file):
        problems.append("metrics.web_config_file: expected an absolute path")
    guarded = metrics.token_file or metrics.web_config_file
    if metrics.listen and not is_loopback(split_address(metrics.listen)[0]) and not guarded:
        problems.append(
            f'metrics.listen: "{metrics.listen}" can be reached from other machines; it needs metrics.token_file, or '
            "passwords in metrics.web_config_file"
        )
    local = {"web.listen": config.web.listen}
    local |= {"telemetry.grpc": config.telemetry.grpc, "telemetry.http": config.telemetry.http}
    for name, value in local.items():
        if value and not is_loopback(split_address(value)[0]):
            problems.append(f'{name}: expected a loopback address, found "{value}"')
    api = config.api
    if api.listen and not (api.certificate and api.key and api.client_authority):
        problems.append("api.listen: it needs api.certificate, api.key and api.client_authority")
    copilot = config.usage.copilot
    if copilot.token_file and bool(copilot.organization) == bool(copilot.enterprise):
        problems.append("usage.copilot: expected either an organization or an enterprise")
    if watch.max_delay_seconds < watch.settle_seconds:
        problems.append("watch.max_delay_seconds: expected no less than watch.settle_seconds")


def _flat(prefix: str, value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        return {prefix: value}
    return {
        name: leaf
        for key, item in value.items()
        for name, leaf in _flat(f"{prefix}.{key}" if prefix else key, item).items()
    }
