"""What obsd costs: each module measures one piece of work and returns rows of a table."""
