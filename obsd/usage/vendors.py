"""The vendors whose days are read: each with its adapter, and with what is known of its interface. Any thread.

Owns when a vendor's day is taken as settled, whose numbers on this machine it is compared with, and the breaks in its
series.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from obsd.config import UsageConfig
from obsd.config_sections import VendorConfig
from obsd.usage import anthropic, copilot, copilot_fields, cursor
from obsd.usage.steps import DayRead, Pause

HOUR: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor.

    `read` gives days of the configuration of that name. So long after its end a day is settled: `settled_seconds`.
    `today`: it counts the day that is not over. `agents`: whose numbers on this machine are those of its users.
    `breaks`: days from which on measures count something else than before.
    """

    name: str
    read: Callable[[Any, Sequence[str]], Iterator[DayRead | Pause]]
    measures: tuple[str, ...]
    agents: tuple[str, ...]
    settled_seconds: float
    today: bool = True
    breaks: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def config(self, usage: UsageConfig) -> VendorConfig:
        """Its section of the configuration."""
        section: VendorConfig = getattr(usage, self.name)
        return section


VENDORS: Final = (
    # Anthropic's numbers come about an hour late.
    Vendor("anthropic", anthropic.read, anthropic.MEASURES, ("claude-code",), 6 * HOUR),
    # GitHub's are settled after about three days.
    Vendor(
        "copilot",
        copilot.read,
        copilot_fields.MEASURES,
        ("copilot-vscode", "copilot-cli"),
        72 * HOUR,
        today=False,
        breaks=copilot_fields.BREAKS,
    ),
    # Cursor adds up by the hour, and says nothing of late ones.
    Vendor("cursor", cursor.read, cursor.MEASURES, ("cursor",), 24 * HOUR),
)
BY_NAME: Final[Mapping[str, Vendor]] = {vendor.name: vendor for vendor in VENDORS}


def configured(usage: UsageConfig) -> list[Vendor]:
    """The vendors for which there is a key."""
    return [vendor for vendor in VENDORS if vendor.config(usage).token_file]
