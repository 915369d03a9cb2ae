"""The metrics view: every metric's name, what facts add to it, and how it is shown."""
