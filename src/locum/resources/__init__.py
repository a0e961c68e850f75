"""NOUN: the machines, databases and domains people want to reach, and their platforms."""
