"""FLOW: one person's timed access, from asking to gone."""
