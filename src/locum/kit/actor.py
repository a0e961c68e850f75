"""Who did something, as the audit log names them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """`id` is the identity's, None for Locum itself, an operator at the console or an unknown caller."""

    id: UUID | None
    name: str
    address: str | None = None


LOCUM = Actor(None, "locum")
