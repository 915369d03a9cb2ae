"""The gRPC servicers: one file a service, errors mapped in one place. They hold open streams, and the model that tells
how likely a session was an agent's."""
