"""Workflow rules: one small file each in `kinds`, found by the registry. Pure functions over what they are shown."""
