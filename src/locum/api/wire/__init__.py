"""The names of the wire contract live here and nowhere else."""
