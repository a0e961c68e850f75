"""Locum: privileged access management."""
