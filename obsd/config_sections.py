"""The sections of the configuration: every key with its type, its limits and its default.

Owns the keys (docs/configuration.md has them for users); the file is read in `obsd/config.py`. Pure, any thread.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, make_dataclass
from typing import TYPE_CHECKING, Final

from obsd.config_fields import Kind, People, address, choice, flag, number, people, setting, text, texts, whole
from obsd.rules.registry import RULES
from obsd.rules.rule import Limit


@dataclass(frozen=True, slots=True)
class MetricsConfig:
    """[metrics]: where they are served, and how much they say."""

    listen: str = setting(address(), "127.0.0.1:8000")
    token_file: str = setting(text('the path of a file, or ""'), "")
    web_config_file: str = setting(text('the path of a file, or ""'), "")
    filenames: str = setting(choice("relative", "hashed", "off"), "relative")
    authors: str = setting(choice("name", "hashed", "off"), "name")
    files_per_workspace: int = setting(whole(0, 10_000), 100)
    authors_per_workspace: int = setting(whole(0, 10_000), 20)
    branches_per_workspace: int = setting(whole(0, 10_000), 50)


@dataclass(frozen=True, slots=True)
class WebConfig:
    """[web]: where the page is served, for the user of the daemon alone."""

    listen: str = setting(address('a loopback address such as "127.0.0.1:8008", or ""'), "127.0.0.1:8008")


@dataclass(frozen=True, slots=True)
class PushConfig:
    """[push]: a Pushgateway for a machine that nothing can scrape. `machine` is the host's name unless given."""

    pushgateway: str = setting(
        text('a URL such as "http://gateway:9091", or ""', r"(https?://[^\s/@]+(/[^\s@]*)?)?"), ""
    )
    interval_seconds: float = setting(number(1, 3600), 15.0)
    machine: str = setting(text("a text of at most 100 characters", maximum=100), "")


@dataclass(frozen=True, slots=True)
class WatchConfig:
    """[watch]: how the watchers look. `exclude` holds gitignore patterns; `baseline_bytes` is for each workspace."""

    settle_seconds: float = setting(number(0.01, 60), 0.1)
    max_delay_seconds: float = setting(number(0.05, 3600), 1.0)
    exclude: tuple[str, ...] = setting(texts("a list of gitignore patterns"), ())
    max_measured_bytes: int = setting(whole(0, 1 << 30), 2 << 20)
    baseline_bytes: int = setting(whole(0, 1 << 34), 32 << 20)


@dataclass(frozen=True, slots=True)
class SessionsConfig:
    """[sessions]: when one ends."""

    idle_timeout_seconds: float = setting(number(1, 86_400), 300.0)


RECORDING_AGENTS: Final = (
    "claude-code",
    "cline",
    "codex",
    "continue",
    "copilot-cli",
    "factory-droid",
    "gemini-cli",
    "opencode",
    "pi",
    "qwen-code",
)
"""The agents whose records obsd can read."""


def _recording(agent: str) -> None:
    if agent not in (*RECORDING_AGENTS, "all"):
        raise ValueError


@dataclass(frozen=True, slots=True)
class AuthorsConfig:
    """[authors]: what is asked who wrote a change. A change waits for evidence for at most `wait_seconds`."""

    writers: str = setting(choice("auto", "off"), "auto")
    records: tuple[str, ...] = setting(texts(f"a list of {', '.join(RECORDING_AGENTS)}, or all", _recording), ("all",))
    wait_seconds: float = setting(number(0, 60), 3.0)


@dataclass(frozen=True, slots=True)
class TelemetryConfig:
    """[telemetry]: where agents may send OpenTelemetry, and where it goes on to."""

    grpc: str = setting(address('an address such as "127.0.0.1:4317", or ""'), "")
    http: str = setting(address('an address such as "127.0.0.1:4318", or ""'), "")
    forward: str = setting(text('a URL such as "http://collector:4318", or ""', r"(https?://\S+)?"), "")


@dataclass(frozen=True, slots=True)
class ApiConfig:
    """[api]: where hooks and agents in containers and on other machines report to, by mutual TLS alone.

    `certificate` and `key` are obsd's own, `client_authority` signs the certificates of those that report; PEM files.
    """

    listen: str = setting(address('an address such as "0.0.0.0:4319", or ""'), "")
    certificate: str = setting(text('the absolute path of a file, or ""', r"(/.+)?"), "")
    key: str = setting(text('the absolute path of a file, or ""', r"(/.+)?"), "")
    client_authority: str = setting(text('the absolute path of a file, or ""', r"(/.+)?"), "")


_HTTPS = r"https://[A-Za-z0-9.-]+(:\d{1,5})?|http://(127\.0\.0\.1|localhost)(:\d{1,5})?"
_ACCOUNT = r"([A-Za-z0-9][A-Za-z0-9_-]{0,99})?"
COPILOT_REPORTS: Final = ("totals", "teams", "repositories")


def _copilot_report(report: str) -> None:
    if report not in COPILOT_REPORTS:
        raise ValueError


@dataclass(frozen=True, slots=True)
class VendorConfig:
    """[usage.VENDOR]: a vendor's counts of days. Off without a `token_file`.

    `person` is who this machine belongs to, and `people` what the vendor's names of persons are read as.
    """

    token_file: str = setting(text('the absolute path of a file, or ""', r"(/.+)?"), "")
    person: str = setting(text("an e-mail address, a login or the name of an API key", maximum=200), "")
    people: People = setting(people(), People())  # noqa: RUF009 - frozen


@dataclass(frozen=True, slots=True)
class AnthropicConfig(VendorConfig):
    """[usage.anthropic]: the days that Claude Code's analytics count."""

    url: str = setting(text("an https URL of a host alone", _HTTPS), "https://api.anthropic.com")


@dataclass(frozen=True, slots=True)
class CopilotConfig(VendorConfig):
    """[usage.copilot]: the days of GitHub Copilot's usage metrics, of an organization or of an enterprise."""

    organization: str = setting(text("the name of an organization", _ACCOUNT), "")
    enterprise: str = setting(text("the name of an enterprise", _ACCOUNT), "")
    reports: tuple[str, ...] = setting(texts(f"a list of {', '.join(COPILOT_REPORTS)}", _copilot_report), ("totals",))
    url: str = setting(text("an https URL of a host alone", _HTTPS), "https://api.github.com")


@dataclass(frozen=True, slots=True)
class CursorConfig(VendorConfig):
    """[usage.cursor]: the days of Cursor's team; `commits` reads its attributions of commits too (enterprise)."""

    commits: bool = setting(flag(), False)
    url: str = setting(text("an https URL of a host alone", _HTTPS), "https://api.cursor.com")


@dataclass(frozen=True, slots=True)
class UsageConfig:
    """[usage]: a table for each vendor whose days are read."""

    anthropic: AnthropicConfig = AnthropicConfig()
    copilot: CopilotConfig = CopilotConfig()
    cursor: CursorConfig = CursorConfig()


@dataclass(frozen=True, slots=True)
class LedgerConfig:
    """[ledger]: how much is kept."""

    retention_days: float = setting(number(0.01, 36_500), 90.0)
    max_bytes: int = setting(whole(1 << 20, 1 << 44), 1 << 30)


class _Rules:
    """[rules], for all workspaces or resolved for one: a field for each rule of `obsd/rules/builtin`.

    False or () is off; `true` in the file is the default here.
    """

    __slots__ = ()

    def limits(self) -> dict[str, Limit]:
        """The settings by the rules' names."""
        return {rule.name: getattr(self, rule.name) for rule in RULES}


if TYPE_CHECKING:
    # The fields come from the rules' files, so that no checker knows them: `limits` is the typed way to them.
    RulesConfig = _Rules
else:
    RulesConfig = make_dataclass(
        "RulesConfig",
        [(rule.name, object, setting(rule.setting, rule.default)) for rule in RULES],
        bases=(_Rules,),
        frozen=True,
        slots=True,
    )


def _marks(value: object) -> tuple[tuple[str, str | None], ...]:
    """Variables as pairs of name and wanted value, from a list of names or a table of names to values."""
    wanted = dict.fromkeys(value, "") if isinstance(value, list) and all(isinstance(x, str) for x in value) else value
    if not isinstance(wanted, dict) or not all(isinstance(x, str) for x in wanted.values()):
        raise ValueError
    if not all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,99}", name) for name in wanted):
        raise ValueError
    return tuple((name, exact or None) for name, exact in wanted.items())


def _none() -> tuple[str, ...]:
    return setting(texts(), ())


def _expressions() -> tuple[str, ...]:
    return setting(texts("a list of regular expressions", re.compile), ())


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """[[agents]]: the marks of an agent that obsd's own table lacks, in the terms of that table.

    `env` pairs the exact name of a variable with the value that counts (None: any that is not empty). `names`,
    `message` and `trailers` are regular expressions, `emails` may hold `*`, the others are exact.
    """

    id: str = setting(text("1 to 40 of a-z, 0-9, '.', '_', '-'", r"[a-z0-9][a-z0-9._-]{0,39}"), "")
    name: str = setting(text("a text of 1 to 100 characters", r"(?s).+", 100), "")
    env: tuple[tuple[str, str | None], ...] = setting(
        Kind('a list of variable names, or a table of them with the value that counts ("": any)', _marks), ()
    )
    ai_agent: tuple[str, ...] = _none()
    authors: tuple[str, ...] = _none()
    author_suffix: str = setting(text("a text of 1 to 100 characters", r"(?s).+", 100), "")
    emails: tuple[str, ...] = _none()
    names: tuple[str, ...] = _expressions()
    message: tuple[str, ...] = _expressions()
    trailers: tuple[str, ...] = _expressions()
    processes: tuple[str, ...] = _none()
    argv: tuple[str, ...] = _none()


def _folder(value: str) -> None:
    if not value.startswith(("/", "~/")) and value != "~":
        raise ValueError


@dataclass(frozen=True, slots=True)
class FoundConfig:
    """[workspaces]: what becomes of a repository that is no workspace, and in which hooks of every repository report.

    `found_in` are absolute folders, or ones below the home folder.
    """

    found: str = setting(choice("ignore", "ask", "add"), "ignore")
    found_in: tuple[str, ...] = setting(texts('a list of absolute folders, or ones such as "~/src"', _folder), ("~",))


@dataclass(frozen=True, slots=True)
class WorkspaceConfig:
    """[workspaces."NAME"]: what holds for one workspace and its linked worktrees; `rules` is resolved."""

    name: str
    rules: RulesConfig
