"""The one client of the API: obsctl, the hooks' reporter and the tests call the daemon only through it.

It owns one channel. Answers are the messages of `proto/obsd/v1`; every failure is an `ObsdError`; every call has a
deadline. Blocking: runs on the caller's thread, and never inside the daemon.
"""
