"""Shapes of the operations about old SSH servers: Locum's own."""

from __future__ import annotations

from locum.api.wire.base import In, Out


class LegacyAlgorithms(Out):
    allowed: bool


class LegacyAlgorithmsIn(In):
    allowed: bool
