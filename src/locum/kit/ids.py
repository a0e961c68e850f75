"""Identifiers: UUID version 7 (RFC 9562), so that rows created together lie together in an index."""

from __future__ import annotations

import secrets
import time
from uuid import UUID

NIL = UUID(int=0)


def given(some_id: UUID | None) -> UUID | None:
    """The id, or None for the zero id, by which callers say that they mean none (SES-01)."""
    return None if some_id == NIL else some_id


def new_id() -> UUID:
    """A fresh UUIDv7: 48 bits of Unix milliseconds, 74 random bits from the operating system."""
    millis = time.time_ns() // 1_000_000
    rand = secrets.randbits(74)
    value = (millis & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= (rand >> 62) << 64
    value |= 0b10 << 62
    value |= rand & ((1 << 62) - 1)
    return UUID(int=value)
