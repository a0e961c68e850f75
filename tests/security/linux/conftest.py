"""Fixtures of a Linux host and a person with an ephemeral account there."""

from __future__ import annotations

from linux_user import clean, folder, host, plan, subject, user  # noqa: F401 - fixtures
