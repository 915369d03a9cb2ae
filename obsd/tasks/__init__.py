"""Background work on the event loop: supervised tasks, and queues that merge repeated requests."""
