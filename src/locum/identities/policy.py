"""The installation's defaults of signing in."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa

from locum.identities.model import Setting, signin_setting
from locum.kit.db import ReadTx, Tx

UserMfa = Literal["required", "optional"]


def user_mfa(tx: ReadTx) -> UserMfa:
    """Whether a person without a setting of their own needs a second factor. Required unless the operator said not."""
    value = tx.scalar(sa.select(signin_setting.c.value).where(signin_setting.c.name == Setting.USER_MFA))
    return "optional" if value == "optional" else "required"


def set_user_mfa(tx: Tx, value: UserMfa) -> None:
    """Set the installation's default. The caller records who did it."""
    tx.run(sa.delete(signin_setting).where(signin_setting.c.name == Setting.USER_MFA))
    tx.add(signin_setting, name=Setting.USER_MFA, value=value)
