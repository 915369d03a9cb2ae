"""Metrics on their way out: the scrape server and the Pushgateway."""
