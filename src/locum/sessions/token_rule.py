"""What the account made for one session is called and signs in with, where its connection profile says (A.10)."""

from __future__ import annotations

import secrets
from uuid import UUID

import sqlalchemy as sa

from locum.activities.model import connection_profile
from locum.credentials.complexity import BUILT_IN, Complexity, ComplexityType, generate
from locum.credentials.model import password_complexity
from locum.kit.db import ReadTx
from locum.vault.secret import Secret


def account_name(tx: ReadTx, profile_id: UUID) -> str | None:
    """A name by the profile's complexity, if that is one for names; else None."""
    rule = _rule(tx, profile_id, ComplexityType.ACCOUNT_NAME)
    return None if rule is None else generate(rule, secrets.randbelow)


def account_password(tx: ReadTx, profile_id: UUID) -> Secret:
    """A password by the profile's complexity, or else by the default one."""
    rule = _rule(tx, profile_id, ComplexityType.PASSWORD) or tx.first(
        Complexity, _COLUMNS.where(password_complexity.c.is_default.is_(True))
    )
    return Secret(generate(rule or BUILT_IN, secrets.randbelow))


_COLUMNS = sa.select(*(password_complexity.c[name] for name in Complexity.__struct_fields__))


def _rule(tx: ReadTx, profile_id: UUID, type: ComplexityType) -> Complexity | None:
    held = sa.select(connection_profile.c.token_complexity_id).where(connection_profile.c.id == profile_id)
    c = password_complexity.c
    return tx.first(Complexity, _COLUMNS.where(c.id == held.scalar_subquery(), c.type == type))
