"""What a credential's rules mean for a rotation: a password, and the next dates (CRED-10, PLAT-02)."""

from __future__ import annotations

import datetime as dt
import secrets
from uuid import UUID

from locum.credentials import complexity, schedule
from locum.credentials.effective import effective
from locum.credentials.schedule import Timing
from locum.kit.db import ReadTx
from locum.vault.secret import Secret


def next_instant(timing: Timing | None, after: dt.datetime) -> dt.datetime | None:
    """When it is due after `after`; None without a schedule."""
    return None if timing is None else schedule.next_due(timing, after)


def new_password(tx: ReadTx, credential_id: UUID) -> Secret:
    """A password by the credential's rule, or by Locum's own where it has none."""
    rule = effective(tx, credential_id).complexity or complexity.BUILT_IN
    return Secret(complexity.generate(rule, secrets.randbelow))
