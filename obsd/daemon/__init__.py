"""The daemon: start order, run, reload, shutdown."""
