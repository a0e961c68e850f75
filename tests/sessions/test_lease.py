"""Who may check out what, and what a lease gives out when."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from leasing import PASSWORD, Leasing, make_leasing
from locum.credentials.model import PostSession, credential, managed_user
from locum.identities.model import identity
from locum.kit import pause
from locum.kit.actor import Actor
from locum.kit.db import Database
from locum.kit.errors import Conflict, Invalid, NotFound
from locum.resources.add import add_resource
from locum.resources.model import resource
from locum.sessions import lease as leases
from locum.sessions.lease import CheckOut
from locum.sessions.lease_cycle import MOST_MINUTES, State
from locum.sessions.leave import leave
from locum.sessions.model import Lease, lease
from world import ACTOR, make_world

pytestmark = pytest.mark.anyio

Make = Callable[..., Leasing]


@pytest.fixture
async def make(database: Database, tmp_path: Path) -> Make:
    world = await make_world(database, tmp_path)
    return lambda **changes: make_leasing(database, world, **changes)


async def test_the_secret_is_had_while_the_lease_lasts(make: Make) -> None:
    here = make()
    made = here.check_out(note="backup", ticket="T-1", minutes=30)
    assert (made.state, made.note, made.ticket, made.created_from) == (State.ACTIVE, "backup", "T-1", "192.0.2.1")
    assert made.due_at - made.created_at == dt.timedelta(minutes=30)
    assert here.reveal(made.id) == PASSWORD
    await here.turn()
    here.check_in(made.id)
    with pytest.raises(Conflict, match="the lease is over"):
        here.reveal(made.id)
    await here.turn()
    ended = here.get(made.id)
    assert (ended.state, ended.end_reason, ended.ended_by) == (State.ENDED, "checked in", here.robot.id)
    assert ended.exclusive_credential_id is None
    assert here.audited() == ["lease.checked_out", "lease.revealed", "lease.ending", "lease.ended"]
    assert here.target.done == here.reasons() == []
    here.check_in(made.id)  # once more changes nothing
    assert here.get(made.id) == ended


async def test_time_ends_a_lease_before_the_worker_looks(make: Make) -> None:
    here = make()
    made = here.check_out()
    here.set(lease, due_at=made.created_at)
    with pytest.raises(Conflict, match="the lease is over"):
        here.reveal(made.id)
    here.hurry()
    await here.turn()
    assert here.get(made.id).end_reason == "time is over"


@pytest.mark.parametrize("minutes", [-1, 0, MOST_MINUTES + 1])
async def test_minutes_have_limits(make: Make, minutes: int) -> None:
    here = make()
    with pytest.raises(Invalid, match="1 and 1440"):
        here.check_out(minutes=minutes)
    made = here.check_out(minutes=1)
    with pytest.raises(Invalid, match="1 and 1440"):
        here.database.submit_write(leases.extend, here.robot, made.id, minutes).result()


async def test_one_holder_at_a_time(make: Make) -> None:
    here = make()
    made = here.check_out()
    until = f"checked out until {made.due_at:%Y-%m-%dT%H:%M}"
    for exclusive in (True, False):
        for who in (here.robot, here.other):
            with pytest.raises(Conflict, match=until) as told:
                here.check_out(who, exclusive=exclusive)
            assert "robot" not in told.value.detail
    with pytest.raises(Conflict, match="by robot until"):
        here.check_out(here.other, names_holder=True)
    here.check_in(made.id)  # nothing is to be done on a target, so it is free at once
    assert here.get(made.id).state == State.ENDED
    assert here.check_out(here.other).state == State.ACTIVE


async def test_who_asks_at_the_same_time_gets_it_once(make: Make) -> None:
    here = make()
    asked = [CheckOut(here.credential_id, exclusive=n % 2 == 0) for n in range(8)]
    tries = [here.database.write(leases.check_out, here.robot, one) for one in asked]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Exception)]
    got = [answer for answer in answers if isinstance(answer, Lease)]
    assert all(isinstance(answer, Conflict) for answer in refused), refused
    assert len(got) == 1 or not any(made.exclusive_credential_id for made in got)


async def test_what_is_still_being_changed_is_not_free(make: Make) -> None:
    here = make(change_on_release=True)
    here.check_in(here.check_out().id)
    with pytest.raises(Conflict, match="being taken back: try again soon"):
        here.check_out(here.other)
    with pytest.raises(Conflict, match="being taken back from robot: try again soon"):
        here.check_out(here.other, names_holder=True)
    with pytest.raises(Conflict, match="being taken back"):
        check_held(here, here.other)
    check_held(here, here.robot)


async def test_shared_leases_stand_side_by_side(make: Make) -> None:
    here = make()
    one, two = here.check_out(exclusive=False), here.check_out(here.other, exclusive=False)
    assert here.reveal(one.id) == here.reveal(two.id, here.other) == PASSWORD
    with pytest.raises(Conflict, match="checked out until"):
        here.check_out(here.other)
    for made in (one, two):
        here.check_in(made.id)
    await here.turn()
    here.check_out(here.other)


@pytest.mark.parametrize(
    "changes",
    [{"change_on_checkout": True}, {"change_on_release": True}, {"post_session": PostSession.DISABLE}],
)
async def test_what_changes_the_secret_keeps_others_out(make: Make, changes: dict[str, Any]) -> None:
    here = make(**changes)
    assert here.check_out(exclusive=False).exclusive_credential_id == here.credential_id
    with pytest.raises(Conflict):
        here.check_out(here.other, exclusive=False)


async def test_changes_need_a_managed_login(make: Make) -> None:
    here = make(change_on_release=True)
    here.database.submit_write(lambda tx: tx.run(sa.delete(managed_user))).result()
    with pytest.raises(Conflict, match="does not manage its login"):
        here.check_out()


@pytest.mark.parametrize(
    ("changes", "elsewhere", "words"),
    [
        ({"post_session": PostSession.DISABLE}, False, "can't be switched on and off"),
        ({"change_on_release": True}, True, "service account of db01 too"),
    ],
)
async def test_a_login_that_locum_itself_needs(
    make: Make, changes: dict[str, Any], elsewhere: bool, words: str
) -> None:
    here = make(**changes)
    if elsewhere:
        account = {"service_account_id": here.credential_id}
        here.database.submit_write(add_resource, ACTOR, name="db01", ip_address="192.0.2.4", **account).result()
    else:
        here.set(resource, service_account_id=here.credential_id)
    with pytest.raises(Conflict, match=words):
        here.check_out()


def check_held(here: Leasing, who: Actor) -> None:
    assert who.id is not None
    check = leases.check_not_held
    here.database.submit_read(check, here.credential_id, by_other_than=who.id).result()


async def test_who_is_alone_with_a_secret_is_it(make: Make) -> None:
    here = make()
    shared = here.check_out(exclusive=False)
    check_held(here, here.other)
    here.check_in(shared.id)
    made = here.check_out()
    check_held(here, here.robot)
    with pytest.raises(Conflict, match="checked out until"):
        check_held(here, here.other)
    here.check_in(made.id)
    check_held(here, here.other)


async def test_an_extension_has_the_same_limit(make: Make) -> None:
    here = make()
    made = here.check_out(minutes=5)
    extend = lambda minutes: here.database.submit_write(leases.extend, here.robot, made.id, minutes).result()  # noqa: E731
    assert extend(90).due_at - made.created_at > dt.timedelta(minutes=89)
    assert extend(10).due_at - made.created_at < dt.timedelta(minutes=11)
    here.set(lease, created_at=made.created_at - dt.timedelta(minutes=MOST_MINUTES - 5))
    assert extend(60).due_at - made.created_at < dt.timedelta(minutes=6)
    here.check_in(made.id)
    with pytest.raises(Conflict, match="the lease is over"):
        extend(60)


async def test_nothing_there(make: Make) -> None:
    here = make()
    with pytest.raises(NotFound):
        here.database.submit_write(leases.check_out, here.robot, CheckOut(uuid4())).result()
    with pytest.raises(NotFound):
        here.check_in(uuid4())
    with pytest.raises(NotFound):
        here.reveal(uuid4())
    made = here.check_out()
    here.set(credential, deleted_at=made.created_at)
    with pytest.raises(Conflict, match="the credential was deleted"):
        here.reveal(made.id)
    with pytest.raises(NotFound):
        here.check_out(here.other)


async def test_who_leaves_holds_nothing(make: Make) -> None:
    here = make()
    made = here.check_out()
    here.database.submit_write(leave, here.world.vault, here.other, here.robot.id).result()
    ended = here.get(made.id)
    assert (ended.state, ended.end_reason) == (State.ENDED, "its holder was deleted")


async def test_a_locked_holder_loses_it_at_the_next_look(make: Make) -> None:
    here = make()
    made = here.check_out()
    here.set(identity, locked=True)
    here.hurry()
    await here.turn()
    ended = here.get(made.id)
    assert (ended.state, ended.end_reason) == (State.ENDED, "its holder may not know the secret any more")


async def test_a_paused_copy_gives_out_what_is_held_and_lets_nobody_check_out(make: Make) -> None:
    """Reading is what a disaster asks for; what a new lease or the end of one does on a target is not (SEC-28)."""
    here = make(change_on_release=True)
    made = here.check_out(exclusive=True)
    here.database.submit_write(pause.begin, "a test").result()
    assert here.reveal(made.id) == PASSWORD
    here.check_in(made.id)
    here.hurry()
    await here.turn()
    assert (here.get(made.id).state, here.reasons()) == (State.ENDING, [])
    with pytest.raises(pause.Paused):
        here.check_out(here.other)
    here.database.submit_write(pause.end).result()
    await here.turn()
    assert here.reasons() == ["release"]
