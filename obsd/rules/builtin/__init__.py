"""The built-in rules. Each module with a `RULE` is one; its name is the setting, the metric's label and the list's."""
