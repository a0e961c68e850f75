"""Fixtures of people and applications."""

from __future__ import annotations

from identities_world import digest, hasher, vault, world  # noqa: F401 - fixtures
