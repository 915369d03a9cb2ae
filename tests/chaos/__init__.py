"""Attacks on a running obsd, with known totals: what was counted before, during and after has to be right."""
