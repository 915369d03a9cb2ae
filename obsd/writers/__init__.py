"""Who wrote a file, as the kernel says it: the helper that hands over descriptors, and the reader of a user's own.

`obsd-writers` (`helper`, as root) makes fanotify groups and a process connector socket and hands them to the process
that asks. The reader, one process for all workspaces, marks the directories that are watched, and joins each event
with a table of processes to an agent and its session, a person, or `unknown`. inotify stays the truth about what
changed; this only names the writer.
"""
