"""Every spelling of a name is one identity over the API: one lock, one second factor, one set of rights (SEC-04).

The normalisation itself is tested in `tests/identities/test_normalise.py`.
"""

from __future__ import annotations

import asyncio
import itertools
import unicodedata
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from estate import ACCOUNTS, Estate
from identities_world import PASSWORD, Caller, Person
from locum.identities.caller import Role
from locum.identities.model import local_login
from locum.kit.db import Tx

pytestmark = pytest.mark.anyio

NAMES = ["Ada Lovelace", "Straße", "Ångström Zoë", "Σίσυφος", "ﬁne ﬂour", "İstanbul", "Dvořák-Čapek 2", "ｗｉｄｅ"]
ADDRESSES = itertools.count(1)
SPACES = " \t\u00a0\u2003\u3000\n"
WIDE = {chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)} | {" ": "\u3000"}


@st.composite
def spellings(draw: st.DrawFn) -> tuple[str, str]:
    """A name and the same name in another case, width, composition and white space."""
    name = draw(st.sampled_from(NAMES))
    spelt = unicodedata.normalize(draw(st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"])), name)
    case = draw(st.sampled_from([str.upper, str.lower, str.title, str.swapcase, str.casefold, str]))
    spelt = case(spelt)
    if draw(st.booleans()):
        spelt = "".join(WIDE.get(one, one) for one in spelt)
    gap = draw(st.text(SPACES, min_size=1, max_size=3))
    around = draw(st.text(SPACES, max_size=2))
    return name, around + gap.join(spelt.split()) + around


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_sec_04_every_spelling_is_one_identity(estate: Estate) -> None:
    people = {name: estate.callers.world.person(name, roles=frozenset({Role.USER})) for name in NAMES}
    role = await estate.role("names", ["policies:name:modify"], policyIds=[estate.ids["admins"]])
    for person in people.values():
        await estate.give(role, str(person.id))
    loop = asyncio.get_running_loop()

    @settings(
        max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(spellings())
    def try_one(spelling: tuple[str, str]) -> None:
        name, spelt = spelling
        asyncio.run_coroutine_threadsafe(one_identity(estate, people[name], spelt), loop).result()

    await asyncio.to_thread(try_one)


async def one_identity(estate: Estate, person: Person, spelt: str) -> None:
    nobody = Caller(estate.callers.api, address=f"2001:db8:{next(ADDRESSES):x}::1")  # each is refused a few times
    forget(estate)
    for spelling, tries in ((spelt, 1), (person.name, 2), (spelt, 3)):
        refused = await nobody.post("/signinBody", {"Login": spelling, "Password": "wrong"})
        assert refused.status_code == 401
        assert failed(estate, person) == tries, spelt
    first = await nobody.post("/signinBody", {"Login": spelt, "Password": PASSWORD})
    assert first.status_code == 200, spelt
    pending = estate.callers.bearing(first.json())
    assert (await pending.get("/api/v1/Activity")).status_code == 403, "no second factor was asked for"
    assert (await pending.http.post("/signin2fa", content="0")).status_code == 401
    assert failed(estate, person) == 4
    token = await pending.http.post("/signin2fa", content=person.totp.now())
    me: Any = await estate.get(estate.callers.bearing(token.json()), "/api/locum/v1/SignIn/Current")
    assert (me["identityId"], me["name"], me["roles"]) == (str(person.id), person.name, ["User", "UserPlus"])
    for number in range(5):
        await nobody.post("/signinBody", {"Login": spelt if number % 2 else person.name, "Password": "wrong"})
    for spelling in (spelt, person.name):
        locked = await nobody.post("/signinBody", {"Login": spelling, "Password": PASSWORD})
        assert locked.status_code == 401, spelling
    await nobody.http.aclose()
    second = await estate.admin.post(f"{ACCOUNTS}/CreateApplicationUser", {"name": spelt})
    assert second.status_code == 400, spelt


def forget(estate: Estate) -> None:
    """Wrong tries and used codes of earlier examples."""

    def write(tx: Tx) -> None:
        tx.run(sa.update(local_login).values(failed_attempts=0, locked_until=None, totp_last_step=0))

    estate.database.submit_write(write).result()


def failed(estate: Estate, person: Person) -> int:
    query = sa.select(local_login.c.failed_attempts).where(local_login.c.identity_id == person.id)
    return int(estate.database.submit_read(lambda tx: tx.scalar(query)).result())
