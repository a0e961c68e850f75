"""An application's sign-in by certificate, serial number and key. The TLS handshake itself is in tests/security."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from audited import details
from certificates import make_ca, make_client
from identities_world import World
from locum.identities import api_keys, applications, locks, signins
from locum.identities.api_keys import Bounds
from locum.identities.application_signin import NO_CERTIFICATE, REFUSED, Offered, sign_in
from locum.identities.digests import KeyedDigest
from locum.identities.signin import SignIn
from locum.identities.token_issuer import Opened
from locum.identities.tokens import Tokens
from locum.kit.actor import LOCUM
from locum.kit.db import Database
from locum.kit.errors import LocumError, Unauthenticated
from locum.vault.secret import Secret
from locum.vault.store import Vault

CLIENT = make_client(make_ca())
OTHER = make_client(make_ca())


class Door:
    """One application with a key, and what it presents when all is right."""

    def __init__(self, database: Database, vault: Vault, digest: KeyedDigest, signin: SignIn) -> None:
        self.database, self.vault, self.digest, self.signin = database, vault, digest, signin
        self.id = self.write(
            applications.create, LOCUM, name="inventory", certificate_serial=f" 00{CLIENT.serial} "
        ).id
        self.right = Offered("Inventory", self.key(), CLIENT.serial, CLIENT.der, "192.0.2.1", "PowerShell")

    def write(self, fn: Any, *arguments: Any, **named: Any) -> Any:
        return self.database.submit_write(fn, *arguments, **named).result()

    def key(self, **bounds: Any) -> Secret:
        made = self.write(
            api_keys.create, self.vault, self.digest, LOCUM, self.id, name="x", bounds=Bounds(**bounds)
        )
        return made.key

    def sign_in(self, **changes: Any) -> Opened | LocumError:
        return self.write(sign_in, self.digest, self.signin.issuer, replace(self.right, **changes))

    def refused(self, **changes: Any) -> str:
        """The reason, as the audit log has it."""
        found = self.sign_in(**changes)
        assert isinstance(found, Unauthenticated)
        assert found.detail == (NO_CERTIFICATE if changes.get("certificate", 1) is None else REFUSED)
        return str(details(self.database, "signin.refused")[-1]["reason"])


@pytest.fixture
def door(database: Database, vault: Vault, digest: KeyedDigest, signin: SignIn) -> Door:
    return Door(database, vault, digest, signin)


def test_all_three_make_a_token(door: Door, issuer: Tokens) -> None:
    opened = door.sign_in()
    assert isinstance(opened, Opened)
    claims = issuer.read(opened.token)
    assert (claims.identity_id, claims.name, claims.pending) == (door.id, "inventory", None)
    (row,) = door.database.submit_read(signins.of_identity, door.id).result()
    assert (row.id, row.method, row.client) == (claims.sign_in_id, "certificate", "PowerShell")
    assert len(details(door.database, "signin.completed", door.id)) == 1


@pytest.mark.parametrize("spelling", [" {} ", "0{}", "00{}", "{:.2}:rest"])
def test_serial_numbers_are_printed_in_many_ways(door: Door, spelling: str) -> None:
    text = CLIENT.serial
    spelt = ":".join(text[i : i + 2] for i in range(0, len(text), 2)).lower() if "rest" in spelling else spelling
    assert isinstance(door.sign_in(serial=spelt.format(text)), Opened)


def test_each_of_the_three_is_needed(door: Door, world: World) -> None:
    old = door.right.key
    new = door.key()
    assert door.refused() == "the API key is not valid any more: it has ended"
    door.right = replace(door.right, key=new)
    assert door.refused(certificate=None) == "no client certificate"
    assert door.refused(certificate=OTHER.der) == "wrong certificate"
    assert door.refused(certificate=OTHER.der, serial=OTHER.serial) == "wrong certificate"
    assert door.refused(serial=OTHER.serial) == "wrong certificate"
    assert door.refused(serial="") == "wrong certificate"
    assert door.refused(serial="not hexadecimal") == "wrong certificate"
    for wrong in (Secret("x"), Secret(b"\xff"), api_keys.new_key(), old):
        assert door.refused(key=wrong)
    for wrong_name in ("nobody", "", "\u200b"):
        assert door.refused(name=wrong_name) == "unknown application"
    world.person("ada")
    assert door.refused(name="ada") == "unknown application"
    assert isinstance(door.sign_in(), Opened)


def test_another_s_key(door: Door) -> None:
    other = door.write(applications.create, LOCUM, name="other", certificate_serial=OTHER.serial)
    key = door.write(api_keys.issue, door.vault, door.digest, LOCUM, other.id)
    assert door.refused(key=key) == "wrong API key"


def test_without_a_serial_number_kept(door: Door) -> None:
    plain = door.write(applications.create, LOCUM, name="plain")
    key = door.write(api_keys.issue, door.vault, door.digest, LOCUM, plain.id)
    assert door.refused(name="plain", key=key) == "no certificate serial number is kept for the application"


def test_locked(door: Door) -> None:
    door.write(locks.lock, LOCUM, door.id)
    assert door.refused() == "locked by an administrator"


def test_bounds_of_the_key_hold_here_too(door: Door) -> None:
    key = door.key(addresses=["198.51.100.0/24"], max_uses=2)
    assert door.refused(key=key) == "the API key is not valid from this address"
    for _ in range(2):
        assert isinstance(door.sign_in(key=key, address="198.51.100.7"), Opened)
    assert "used up" in door.refused(key=key, address="198.51.100.7")
