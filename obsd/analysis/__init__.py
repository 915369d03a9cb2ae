"""What the record adds up to: baselines, anomalies, patterns and reports, as pure functions over plain numbers."""
