"""Permissions are written `scope:resource:action` and kept in order."""

from __future__ import annotations

import re

from locum.kit.permissions import Permission


def test_form_and_order() -> None:
    values = [permission.value for permission in Permission]
    assert all(re.fullmatch(r"[a-z]+:[a-z]+:[a-z]+", value) for value in values)
    assert values == sorted(values)
    assert all(p.name == p.value.replace(":", "_").upper() for p in Permission)
