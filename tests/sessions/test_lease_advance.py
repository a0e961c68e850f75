"""A lease on its way: what is done on the target, in which order, and after a crash at every step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from leasing import PASSWORD, Crash, Leasing, make_leasing, unreachable
from locum.credentials.model import PostSession, credential, managed_user
from locum.kit import jobs
from locum.kit.db import Database
from locum.kit.errors import Conflict
from locum.kit.jobs import LostLease
from locum.rotation.model import Reason, rotation
from locum.rotation.model import State as Rotation
from locum.sessions.lease_advance import advance_lease
from locum.sessions.lease_cycle import Account, State
from locum.sessions.model import lease
from world import make_world

pytestmark = pytest.mark.anyio

ALL = {"change_on_checkout": True, "change_on_release": True, "post_session": PostSession.DISABLE}
Make = Callable[..., Leasing]


@pytest.fixture
async def make(database: Database, tmp_path: Path) -> Make:
    world = await make_world(database, tmp_path)
    return lambda **changes: make_leasing(database, world, **changes)


async def test_the_secret_is_changed_before_it_is_given_out_and_after(make: Make) -> None:
    here = make(**ALL)
    made = here.check_out()
    assert made.state == State.INTENDED
    for _ in range(2):
        with pytest.raises(Conflict, match="not ready to be given out"):
            here.reveal(made.id)
        await here.turn()
    assert (here.target.done, here.reasons()) == (["enable"], ["check_out"])
    here.change(Rotation.COMPLETED)
    here.hurry()
    await here.turn()
    assert here.get(made.id).state == State.ACTIVE
    assert here.reveal(made.id) == PASSWORD
    here.check_in(made.id)
    await here.turn()
    assert (here.get(made.id).state, here.reasons()) == (State.ENDING, ["check_out", "release"])
    assert here.target.done == ["enable"]  # switched off only once nobody knows its secret
    here.change(Rotation.COMPLETED_WITH_ERRORS)
    here.hurry()
    await here.turn()
    ended = here.get(made.id)
    assert (ended.state, ended.account, ended.last_error) == (State.ENDED, Account.SETTLED, None)
    assert here.target.done == ["enable", "disable"]
    assert here.audited() == [
        "lease.checked_out",
        "lease.account_switched",
        "lease.active",
        "lease.revealed",
        "lease.ending",
        "lease.account_switched",
        "lease.ended",
    ]
    assert here.database.submit_read(jobs.next_due).result() is None


@pytest.mark.parametrize(
    ("action", "done"),
    [
        (PostSession.DISABLE, ["enable", "disable"]),
        (PostSession.ENABLE, ["enable", "enable"]),
        (PostSession.KEEP_PREVIOUS, []),
    ],
)
async def test_what_becomes_of_the_account(make: Make, action: PostSession, done: list[str]) -> None:
    """CRED-09."""
    here = make(post_session=action)
    made = here.check_out()
    await here.turn()
    here.check_in(made.id)
    await here.turn()
    assert here.get(made.id).state == State.ENDED
    assert (here.target.done, here.reasons()) == (done, [])


async def test_a_secret_that_could_not_be_changed_is_not_given_out(make: Make) -> None:
    here = make(**ALL)
    made = here.check_out()
    await here.turn()
    here.change(Rotation.FAILED, "the host refused it")
    here.hurry()
    await here.turn()
    ended = here.get(made.id)
    assert (ended.state, ended.active_at) == (State.ENDED, None)
    assert ended.end_reason == "the secret could not be changed before it was given out"
    assert here.target.done == ["enable", "disable"]
    assert here.reasons() == ["check_out"]  # nobody has learnt the secret: it need not change


async def test_an_end_that_can_t_be_done_stays_and_is_said(make: Make) -> None:
    here = make(**ALL)
    made = here.check_out()
    await here.turn()
    here.change(Rotation.COMPLETED)
    here.hurry()
    await here.turn()
    here.check_in(made.id)
    here.target.fails = unreachable
    for _ in range(3):
        here.hurry()
        await here.turn()
    stuck = here.get(made.id)
    assert (stuck.state, stuck.last_error) == (State.ENDING, "the host does not answer")
    assert here.audited().count("lease.stuck") == 1
    with pytest.raises(Conflict, match="being taken back"):
        here.check_out(here.other)

    here.target.fails = lambda deed: None
    here.hurry()
    await here.turn()
    for error in ("no space left", "the host refused it"):
        here.change(Rotation.FAILED, error)
        here.set(lease, due_at=made.created_at)
        later = stuck.created_at.replace(year=2001)
        here.database.submit_write(_failed_long_ago, later).result()
        here.hurry()
        await here.turn()
        assert here.get(made.id).last_error == f"the secret could not be changed yet: {error}"
    here.change(Rotation.COMPLETED)
    here.hurry()
    await here.turn()
    assert (here.get(made.id).state, here.get(made.id).last_error) == (State.ENDED, None)
    assert here.reasons() == ["check_out", "release", "release", "release"]


async def test_a_failed_change_is_not_asked_for_again_at_once(make: Make) -> None:
    here = make(change_on_release=True)
    made = here.check_out()
    here.check_in(made.id)
    await here.turn()
    here.change(Rotation.FAILED)
    for _ in range(3):
        here.hurry()
        await here.turn()
    assert here.reasons() == ["release"]


async def test_a_change_under_way_will_do_while_nobody_can_know_it(make: Make) -> None:
    here = make(change_on_release=True)
    made = here.check_out()
    here.change_under_way(Reason.SCHEDULE)
    here.check_in(made.id)
    await here.turn()
    here.change(Rotation.COMPLETED)
    here.hurry()
    await here.turn()
    assert (here.get(made.id).state, here.reasons()) == (State.ENDED, ["schedule"])


@pytest.mark.parametrize("what", ["rollback", "promoted"])
async def test_a_change_that_somebody_may_know_is_followed_by_another(make: Make, what: str) -> None:
    here = make(change_on_release=True)
    made = here.check_out()
    if what == "rollback":
        here.change_under_way(Reason.ROLLBACK)
    else:
        here.change_under_way(Reason.ASKED, changed_at=made.created_at)
    here.check_in(made.id)
    await here.turn()
    waiting = here.get(made.id)
    assert (waiting.state, waiting.rotation_id) == (State.ENDING, None)
    assert "this one comes after it" in str(waiting.last_error)
    for _ in range(2):
        here.change(Rotation.COMPLETED)
        here.hurry()
        await here.turn()
    assert here.get(made.id).state == State.ENDED
    assert here.reasons()[1:] == ["release"]


@pytest.mark.parametrize("gone", ["credential", "management"])
async def test_what_can_t_be_undone_any_more_ends_with_words(make: Make, gone: str) -> None:
    here = make(change_on_release=True)
    made = here.check_out()
    if gone == "credential":
        here.set(credential, deleted_at=made.created_at)
    else:
        here.check_in(made.id)
        here.database.submit_write(lambda tx: tx.run(sa.delete(managed_user))).result()
    here.hurry()
    await here.turn()
    ended = here.get(made.id)
    assert ended.state == State.ENDED
    assert ended.last_error == "the secret was not changed: the login is not managed any more"


async def test_who_lost_the_claim_stops(make: Make) -> None:
    here = make(post_session=PostSession.DISABLE)
    here.check_out()
    (lost,) = await here.database.write(jobs.claim, owner="old", limit=1)
    await here.database.write(jobs.take_back, "old")
    with pytest.raises(LostLease):
        await advance_lease(here.work, lost)
    assert here.target.done == []


class CrashingDatabase:
    """Lets `left` units of work pass and crashes before the next one, or right after it was committed."""

    def __init__(self, database: Database, left: int, *, after: bool) -> None:
        self._database, self.left, self._after = database, left, after

    async def write(self, fn: Any, *arguments: Any, **more: Any) -> Any:
        self.left -= 1
        if self.left == -1 and not self._after:
            raise Crash
        answer = await self._database.write(fn, *arguments, **more)
        if self.left == -1:
            raise Crash
        return answer


@pytest.mark.parametrize("after", [False, True])
async def test_a_crash_at_any_step_changes_nothing(make: Make, after: bool) -> None:
    """Before or after each commit, and so before or after each effect, from check-out to the end."""
    here = make(**ALL)
    crashes, boundary = 0, 0
    while True:
        here.target.done.clear()
        changes = len(here.reasons())
        made = here.check_out()
        crashing = CrashingDatabase(here.database, boundary, after=after)
        broken = replace(here, work=replace(here.work, db=crashing))  # type: ignore[arg-type]
        crashed = False
        for _ in range(30):
            state = here.get(made.id).state
            if state == State.ENDED:
                break
            if state == State.ACTIVE:
                here.check_in(made.id)
            here.hurry()
            try:
                await (here if crashed else broken).turn()
            except Crash:
                crashed = True
            here.database.submit_write(_complete_changes).result()
        ended = here.get(made.id)
        assert (ended.state, ended.account) == (State.ENDED, Account.SETTLED), boundary
        assert set(here.target.done[:1]) == {"enable"}
        assert here.target.done[-1] == "disable"
        assert here.target.done == sorted(here.target.done, reverse=True)  # never on again once off
        assert here.reasons()[changes:] == ["check_out", "release"], boundary
        here.hurry()
        await here.turn()
        assert here.database.submit_read(jobs.next_due).result() is None
        if not crashed:
            break
        crashes, boundary = crashes + 1, boundary + 1
    assert crashes >= 15


def _complete_changes(tx: Any) -> None:
    tx.run(
        sa.update(rotation)
        .where(rotation.c.ended_at.is_(None))
        .values(state=Rotation.COMPLETED, ended_at=tx.now, open_credential_id=None)
    )


def _failed_long_ago(tx: Any, when: Any) -> None:
    tx.run(sa.update(rotation).where(rotation.c.ended_at.is_not(None)).values(ended_at=when))
