"""Vendors' days: what their usage interfaces counted, read by a timer, one adapter each."""
