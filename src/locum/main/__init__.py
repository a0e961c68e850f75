"""ABOVE: composes the doors into processes."""
