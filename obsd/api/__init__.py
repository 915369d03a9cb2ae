"""The gRPC servicers: one file per service, errors mapped in one place. They hold open streams and the classifier."""
