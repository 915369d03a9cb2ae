"""Where lines come from: contents of files as runs of lines, each with the change that wrote it.

Pure functions over numbers: `runs.py` carries runs over an edit, `commit_lines.py` gives the added lines of a commit
their origins. No text, no I/O, no clock.
"""
