"""RULE: where a resource is, and ordered steps on it, each with its undo."""
