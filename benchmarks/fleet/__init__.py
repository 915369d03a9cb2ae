"""A thousand machines' series in a real VictoriaMetrics: what they take, and how long rules and the board's queries do.

`python -m benchmarks fleet`, as `docs/fleet.md` quotes it.
"""
