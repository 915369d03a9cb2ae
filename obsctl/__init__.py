"""obsctl: the command line that shows and controls obsd. It calls the daemon only through `obsd.client`."""
