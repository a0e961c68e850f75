"""PURE: who may give an access session more time, and how much (SES-06)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

OFFERED_WITHIN = dt.timedelta(minutes=5)
LONGEST_MINUTES = 43_200  # as long as a session may last at all


@dataclass(frozen=True, slots=True)
class ExtensionRules:
    """What the connection profile lets the owner do: so often, by so many minutes each time."""

    allowed: bool
    minutes: int
    count: int


@dataclass(frozen=True, slots=True)
class Extended:
    """The new end."""

    end: dt.datetime


@dataclass(frozen=True, slots=True)
class NotExtended:
    """Why not. `missing` names the rule; None where the number of minutes itself is wrong."""

    reason: str
    missing: str | None


def extend(
    rules: ExtensionRules,
    *,
    start: dt.datetime,
    end: dt.datetime,
    used: int,
    minutes: int,
    now: dt.datetime,
    as_administrator: bool,
) -> Extended | NotExtended:
    """The end after `minutes` more; 0 means as many as the profile gives at once.

    An administrator may extend whenever the session runs, whatever its profile says, but no session lasts longer than
    30 days from its `start`.
    """
    if minutes == 0:
        minutes = rules.minutes
    if minutes < 1:
        return NotExtended("the number of minutes must be at least 1", None)
    if not as_administrator:
        refusal = _refusal(rules, left=end - now, used=used, minutes=minutes)
        if refusal is not None:
            return refusal
    # Before the sum: a date has an end.
    if minutes > LONGEST_MINUTES or end - start + dt.timedelta(minutes=minutes) > dt.timedelta(
        minutes=LONGEST_MINUTES
    ):
        return NotExtended(f"a session may not last longer than {LONGEST_MINUTES} minutes", None)
    return Extended(end + dt.timedelta(minutes=minutes))


def _refusal(rules: ExtensionRules, *, left: dt.timedelta, used: int, minutes: int) -> NotExtended | None:
    if not rules.allowed:
        return NotExtended("the connection profile does not let sessions be extended", "allow session extension")
    if used >= rules.count:
        return NotExtended(
            "the session has been extended as often as its connection profile allows", "extension left"
        )
    if minutes > rules.minutes:
        return NotExtended(f"the connection profile gives {rules.minutes} minutes at once", None)
    if left > OFFERED_WITHIN:
        return NotExtended("a session can be extended in its last 5 minutes", "last 5 minutes")
    return None
