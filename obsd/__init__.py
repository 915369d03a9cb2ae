"""obsd: what coding agents and people do to repositories, seen from the outside."""

__version__ = "0.1.0"
