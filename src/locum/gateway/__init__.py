"""DOOR: the data plane; dials a target only with a Grant."""
