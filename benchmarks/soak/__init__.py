"""Days of work in minutes, ever new names included: what obsd holds must come to an end."""
