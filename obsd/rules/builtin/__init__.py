"""The rules. A module here with a `RULE` is one: its name is that of the setting, the metric's label and the list."""
