"""Fixtures of people who sign in and of callers of the API."""

from __future__ import annotations

from estate import estate  # noqa: F401 - a fixture
from identities_world import (  # noqa: F401 - fixtures
    api,
    callers,
    digest,
    hasher,
    issuer,
    passwords,
    signin,
    vault,
    world,
)
