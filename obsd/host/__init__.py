"""Machine facilities: where files lie, logs, systemd's notifications, the lock file."""
