"""What a credential's rules mean for a rotation: a password, and the next dates (CRED-10, PLAT-02)."""

from __future__ import annotations

import datetime as dt
import secrets
from uuid import UUID

from locum.credentials import complexity, schedule
from locum.credentials.complexity import Complexity
from locum.credentials.effective import effective
from locum.credentials.schedule import Timing
from locum.kit.db import ReadTx
from locum.vault.secret import Secret

# What generates passwords where no complexity is set anywhere.
FALLBACK = Complexity(
    type=0,
    lower_case=True,
    upper_case=True,
    special=True,
    space=False,
    numeric=True,
    must_start_with=0,
    must_end_with=0,
    length=24,
    max_consecutive=2,
    excluded=None,
)


def next_instant(timing: Timing | None, after: dt.datetime) -> dt.datetime | None:
    """When it is due after `after`; None without a schedule."""
    return None if timing is None else schedule.next_due(timing, after)


def new_password(tx: ReadTx, credential_id: UUID) -> Secret:
    """A password by the credential's rule, or by Locum's own where it has none."""
    rule = effective(tx, credential_id).complexity or FALLBACK
    return Secret(complexity.generate(rule, secrets.randbelow))
