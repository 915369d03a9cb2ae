"""Who wrote it: evidence and changes in, authors out. Pure: no I/O, no clock."""
