"""The child side: one process a workspace turns inotify events into changes of quiet files.

Nothing here imports grpc, prometheus_client or sqlite3: a watcher is forked from a small process and stays small.
A watcher is single-threaded. It writes nothing into the workspace, follows no symbolic link and executes nothing.
"""
