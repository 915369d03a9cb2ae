"""Work that runs on its own on the event loop: supervised tasks, and queues that merge what is asked twice."""
