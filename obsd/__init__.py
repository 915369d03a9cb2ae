"""obsd: records what coding agents and people do to repositories, observed from outside."""

__version__ = "0.1.0"
