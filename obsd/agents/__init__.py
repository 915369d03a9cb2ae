"""Agents: the table of their markers, the evidence in a commit, and the agents at work in a folder."""
