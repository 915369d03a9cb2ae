"""The watching engine against other watchers on the same work: one module a piece of work."""
