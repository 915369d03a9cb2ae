"""Computed from the record: baselines, anomalies, the classifier and reports, as pure functions over plain numbers."""
