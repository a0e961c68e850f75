"""How a rotation ends, and what its end means for the credential."""

from __future__ import annotations

from locum.credentials.effective import effective
from locum.credentials.model import Verified
from locum.credentials.secrets import prune
from locum.kit import jobs
from locum.kit.actor import LOCUM
from locum.kit.db import Tx
from locum.kit.jobs import Job
from locum.rotation import rows, rules
from locum.rotation.ask import add_rotation
from locum.rotation.model import Reason, State
from locum.rotation.pass_facts import Known
from locum.rotation.plan import Move, Seen
from locum.vault.store import Vault

_STATES = {
    Move.COMPLETE: State.COMPLETED,
    Move.COMPLETE_WITH_ERRORS: State.COMPLETED_WITH_ERRORS,
    Move.FAIL: State.FAILED,
    Move.MISMATCH: State.FAILED,
    Move.ROLL_BACK: State.FAILED,
    Move.ABORT: State.ABORTED,
}
_MISMATCH = "the target has another secret than the vault, and resetting it is not allowed here"


def changed(tx: Tx, known: Known) -> None:
    """The new secret is live: when it is next due, and that it was verified by being seen there."""
    found = known.rotation
    holds = effective(tx, found.credential_id)
    rows.change_managed(
        tx,
        found.credential_id,
        status=Verified.CHANGED if found.reason == Reason.MISMATCH else Verified.VERIFIED,
        last_changed_at=tx.now,
        last_verified_at=tx.now,
        next_change_at=rules.next_instant(holds.rotation, tx.now),
        next_verification_at=rules.next_instant(holds.verification, tx.now),
        last_error=None,
    )
    rows.say(tx, found, "credential.secret_changed")


def finish(
    tx: Tx, held: Job, known: Known, vault: Vault, move: Move, error: str | None, seen: Seen | None
) -> None:
    """End the rotation and its job in one unit of work, with whatever must follow it."""
    jobs.done(tx, held)
    if move is Move.NOTHING:
        return
    found = known.rotation
    words = _MISMATCH if move is Move.MISMATCH else error or _failed_dependant(known)
    rows.end(tx, vault, found, _STATES[move], None if move is Move.COMPLETE else words)
    if move in (Move.COMPLETE, Move.COMPLETE_WITH_ERRORS):
        _prune(tx, known, vault)
        return
    if move is Move.ROLL_BACK:
        back = add_rotation(tx, LOCUM, known.managed, Reason.ROLLBACK, rollback_of=found.id)
        rows.say(tx, found, "rotation.rolls_back", state=str(back))
        return
    if move is not Move.ABORT:
        rows.change_managed(tx, found.credential_id, status=_status(known, move, seen), last_error=words)
    _next_try(tx, known)


def _status(known: Known, move: Move, seen: Seen | None) -> Verified:
    """Mismatch only where it is not reset, Failed only where it is (A.11)."""
    if move is Move.MISMATCH:
        return Verified.MISMATCH
    if known.rotation.reason == Reason.MISMATCH:
        return Verified.FAILED
    return Verified.VERIFIED if seen is not None and seen.current else Verified(known.managed.status)


def _next_try(tx: Tx, known: Known) -> None:
    """A change by schedule that did not come to be is tried at the next date, not at once."""
    holds = effective(tx, known.credential.id)
    due = rules.next_instant(holds.rotation, tx.now)
    rows.change_managed(tx, known.credential.id, next_change_at=due)


def _failed_dependant(known: Known) -> str | None:
    return next((row.last_error for row in known.updates if row.last_error), None)


def _prune(tx: Tx, known: Known, vault: Vault) -> None:
    """Only at the end: until then the version before is what everything can be put back to (CRED-07)."""
    for secret_id in (known.credential.password_secret_id, known.credential.private_key_secret_id):
        if secret_id is not None:
            prune(tx, vault, secret_id)
