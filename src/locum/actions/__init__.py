"""RULE: ordered steps on a target, each with its undo."""
