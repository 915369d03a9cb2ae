"""The gRPC servicers: one file a service, errors mapped in one place. They hold no state but open streams."""
