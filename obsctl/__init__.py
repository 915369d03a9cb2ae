"""obsctl: the command that looks at obsd and steers it. It reaches the daemon through `obsd.client` only."""
