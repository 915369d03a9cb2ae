"""Workflow rules: one small file each in `builtin`, found by the registry. Pure functions over commits and trees."""
