"""Fixtures of a Linux host, an account that was there, a person with an ephemeral one, and trust in database CAs."""

from __future__ import annotations

import pytest

from database_targets import Authority
from kept_account import app, keeper  # noqa: F401 - fixtures
from linux_user import clean, folder, host, plan, subject, user  # noqa: F401 - fixtures


@pytest.fixture
def trusted(database_authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine trusts the CA of the database servers."""
    monkeypatch.setenv("SSL_CERT_FILE", str(database_authority.file))
