"""Tokens of complete sign-ins and of those that are not."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import pytest
import sqlalchemy as sa

from identities_world import World
from locum.identities import signing_key, signins
from locum.identities.model import sign_in
from locum.identities.signin import SignIn
from locum.identities.token_issuer import Opened
from locum.identities.tokens import LIFETIME, PENDING_LIFETIME, Tokens
from locum.kit.actor import LOCUM
from locum.kit.db import Database
from locum.kit.errors import NotFound, Unauthenticated
from locum.vault.store import Vault

HOW = {"method": "password", "address": None, "client": None}


def opened(database: Database, signin: SignIn, world: World) -> Opened:
    return database.submit_write(signin.issuer.open, world.person().id, **HOW).result()


def test_pending(database: Database, signin: SignIn, world: World, issuer: Tokens) -> None:
    ada = world.person()
    claims = issuer.read(database.submit_read(signin.issuer.pending, ada.id, pending="enrolment").result())
    assert (claims.identity_id, claims.pending, claims.sign_in_id) == (ada.id, "enrolment", None)
    assert claims.exp - claims.nbf == PENDING_LIFETIME.total_seconds()


def test_open_and_renew(database: Database, signin: SignIn, world: World, issuer: Tokens) -> None:
    first = opened(database, signin, world)
    claims = issuer.read(first.token)
    assert (claims.name, claims.pending, claims.exp - claims.nbf) == ("ada", None, LIFETIME.total_seconds())
    assert claims.sign_in_id is not None
    renewed = database.submit_read(
        signin.issuer.renew, claims.identity_id, claims.sign_in_id, after=claims.exp
    ).result()
    again = issuer.read(renewed)
    assert again.exp > claims.exp
    assert again.sign_in_id == claims.sign_in_id
    database.submit_write(signins.end, LOCUM, claims.identity_id, claims.sign_in_id).result()
    with pytest.raises(Unauthenticated):
        database.submit_read(signin.issuer.renew, claims.identity_id, claims.sign_in_id).result()


def test_no_token_outlives_its_sign_in(database: Database, signin: SignIn, world: World, issuer: Tokens) -> None:
    claims = issuer.read(opened(database, signin, world).token)
    assert claims.sign_in_id is not None
    end = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(minutes=2)
    database.submit_write(lambda tx: tx.run(sa.update(sign_in).values(ends_at=end))).result()
    renewed = database.submit_read(
        signin.issuer.renew, claims.identity_id, claims.sign_in_id, after=claims.exp
    ).result()
    assert issuer.read(renewed).exp == int(end.timestamp())


def test_the_key_that_counts_now_signs(
    database: Database, signin: SignIn, world: World, issuer: Tokens, vault: Vault
) -> None:
    old = opened(database, signin, world).token
    database.submit_write(signing_key.rotate, vault, LOCUM).result()
    assert issuer.read(old).name == "ada"  # until this node looks
    new = database.submit_read(signin.issuer.pending, issuer.read(old).identity_id, pending="enrolment").result()
    assert issuer.read(new).name == "ada"
    with pytest.raises(Unauthenticated):
        issuer.read(old)


def test_nobody_has_no_token(database: Database, signin: SignIn) -> None:
    with pytest.raises(NotFound):
        database.submit_read(signin.issuer.pending, UUID(int=9), pending="enrolment").result()
