"""The metrics view: the metrics' names, how facts change them, and their exposition."""
