"""How metrics leave the daemon: the scrape server and the Pushgateway."""
