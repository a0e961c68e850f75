"""Locum: privileged access management."""

__version__ = "0.1.0"
