"""Locum itself is an actor without an identity."""

from __future__ import annotations

from locum.kit.actor import LOCUM


def test_locum_has_no_identity() -> None:
    assert (LOCUM.id, LOCUM.name, LOCUM.address) == (None, "locum", None)
