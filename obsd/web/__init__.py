"""The page: what a browser on this machine shows of the daemon's own views, for the user of the daemon alone."""
