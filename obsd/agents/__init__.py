"""Who did it: the table of agents' marks, the evidence in a commit, and the agents that are at work in a folder."""
