"""Processes that read repositories for the daemon: what hangs or crashes there harms nothing else."""
