"""Git, read from the outside: layout, reflog, commits and their figures; and the hooks that report to obsd."""
