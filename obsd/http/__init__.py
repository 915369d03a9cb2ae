"""The HTTP server with limits for scrapes and telemetry, and an address that is retried."""
