"""A data directory and its database as the first release left them: schema 0001, and rows in most of its tables.

A later release's file begins with this and adds what that release brought: see `second_release.py`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pyotp
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from locum.audit import log as audit
from locum.identities import api_keys, digests, mfa
from locum.identities.digests import KeyedDigest
from locum.identities.passwords import PasswordHasher
from locum.kit.actor import LOCUM
from locum.kit.db import Database, Tx, open_database, sqlite_url
from locum.kit.ids import new_id
from locum.kit.names import name_key
from locum.main import keys
from locum.main.migrate import SCRIPTS
from locum.main.prepare import make_directories
from locum.main.root_keys import root_key_path
from locum.vault.key_file import create_root_key
from locum.vault.keyring import load_keyring
from locum.vault.secret import Secret
from locum.vault.store import Vault

RECOVERY_CODE = "ABCDEFGHIJKLMNOP"
HOUR = dt.timedelta(hours=1)


@dataclass
class Left:
    """What the tests of a migrated installation look for. `ids` by the names of things."""

    ids: dict[str, UUID] = field(default_factory=dict)
    totp: str = field(default_factory=pyotp.random_base32)
    key: Secret = field(default_factory=api_keys.new_key)
    revoked: Secret = field(default_factory=api_keys.new_key)


More = Callable[[Tx, Vault, Left, Callable[..., None], Callable[..., UUID]], None]
"""What a later release adds: `add(table, **columns)` a row, or `thing(table, name, **columns)`, whose id is kept."""


def schema_of(database: Database, revision: str) -> None:
    """The schema of that revision."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        connection.exec_driver_sql("BEGIN IMMEDIATE" if database.is_sqlite else "BEGIN")
        command.upgrade(config, revision)
        connection.exec_driver_sql("COMMIT")


def leave(data: Path, url: str | None, password: str, *, revision: str = "0001", more: More | None = None) -> Left:
    """Make the directory and fill the database at `url` (None: SQLite in the directory)."""
    make_directories(data)
    create_root_key(root_key_path(data))
    if url is not None:
        (data / "locum.toml").write_text(f'database_url = "{url}"\n')
    database = open_database(url or sqlite_url(data / "locum.db"))
    try:
        schema_of(database, revision)
        tables = sa.MetaData()  # as the database has them, not as the code of today would
        tables.reflect(database.engine)
        vault, left = Vault(load_keyring(root_key_path(data))), Left()
        hashed = PasswordHasher().hash_now(Secret(password))
        database.submit_write(_fill, tables, vault, left, hashed, more).result()
    finally:
        database.close()
    return left


def _fill(tx: Tx, tables: sa.MetaData, vault: Vault, left: Left, password_hash: str, more: More | None) -> None:
    keys.ensure_all(tx, vault)
    sqlite = tx.dialect == "sqlite"

    def plain(value: Any) -> Any:
        if isinstance(value, UUID) and sqlite:
            return value.hex
        return value.replace(tzinfo=None) if isinstance(value, dt.datetime) and sqlite else value

    def add(table: str, **values: Any) -> None:
        columns = tables.tables[table].c
        for name in ("created_at", "modified_at"):
            if name in columns:
                values.setdefault(name, tx.now - 24 * HOUR)
        if "permanent" in columns:  # since 0003: what comes with Locum
            values.setdefault("permanent", True)
        tx.add(tables.tables[table], **{name: plain(value) for name, value in values.items()})

    def thing(table: str, name: str, **values: Any) -> UUID:
        left.ids[name] = new_id()
        keyed = {"name_key": name_key(name)} if "name_key" in tables.tables[table].c else {}
        add(table, id=left.ids[name], name=name, **keyed, **values)
        return left.ids[name]

    digest = KeyedDigest(keys.load(tx, vault, digests.SYSTEM_KEY))
    _people(tx, vault, left, digest, password_hash, add, thing)
    _access(tx, left, add, thing)
    if more is not None:
        more(tx, vault, left, add, thing)
    audit.record(tx, LOCUM, "test.event", object_kind="identity", object_id=left.ids["alice"])


def _people(
    tx: Tx,
    vault: Vault,
    left: Left,
    digest: KeyedDigest,
    password_hash: str,
    add: Callable[..., None],
    thing: Callable[..., UUID],
) -> None:
    add("signin_setting", name="user_mfa", value="optional")
    long_ago = tx.now - 24 * HOUR
    login = {"password_hash": password_hash, "changed_at": long_ago, "must_change": False, "failed_attempts": 0,
             "totp_last_step": 0}  # fmt: skip
    for name, role, totp in (("admin", "Admin", None), ("alice", "User", left.totp), ("rita", "Reviewer", None)):
        person = thing("identity", name, kind=4, locked=False, tokens_valid_from=long_ago)
        secret = vault.put(tx, Secret(totp), purpose=mfa.PURPOSE) if totp else None
        add("local_login", identity_id=person, **login, totp_secret_id=secret)
        add("identity_role", identity_id=person, role=role)
    code = digest.of("recovery-code", RECOVERY_CODE.encode())
    add("recovery_code", id=new_id(), identity_id=left.ids["alice"], digest=code)
    robot = thing("identity", "robot", kind=2, locked=False, tokens_valid_from=long_ago, certificate_serial="0AF")
    add("identity_role", identity_id=robot, role="App")
    for key, secret, ended in (
        (left.revoked, None, long_ago),
        (left.key, vault.put(tx, left.key, purpose=api_keys.PURPOSE), None),
    ):
        add("api_key", id=new_id(), identity_id=robot, digest=digest.of("api-key", key.reveal()), secret_id=secret,
            revoked_at=ended)  # fmt: skip


def _access(tx: Tx, left: Left, add: Callable[..., None], thing: Callable[..., UUID]) -> None:
    linux = thing("platform", "Linux", connector="linux", built_in_account="root")
    profile = thing("connection_profile", "Default", is_default=True, record=True, max_session_minutes=60)
    thing("connection_profile", "Long", is_default=False, record=False, max_session_minutes=600)
    shell = thing("activity", "Linux shell", platform_id=linux, type=0, login_type=2, is_default=True)
    sudo = thing("activity", "Linux sudo", platform_id=linux, type=0, login_type=2, is_default=True)
    rights = {"run_as": "ALL", "commands": "ALL", "nopasswd": "true"}
    add("activity_action", id=new_id(), activity_id=sudo, position=0, kind="sudoers", parameters=rights)
    host = thing("resource", "web01", type=0, ip_address="127.0.0.1", platform_id=linux, port_ssh=9,
                 accept_host_key_on_first_discovery=True, ssh_trust_action=0)  # fmt: skip
    policy = thing("policy", "all", priority=10, approval=1, notes_required=False, ticket_required=False,
                   connection_profile_id=profile, is_disabled=False, is_deleted=False)  # fmt: skip
    for table, members in (
        ("policy_identity", [left.ids["alice"]]),
        ("policy_resource", [host]),
        ("policy_activity", [shell, sudo]),
    ):
        for member in members:
            add(table, policy_id=policy, member_id=member)
    session = left.ids["session"] = new_id()
    begun = tx.now - 3 * HOUR
    add("access_session", id=session, identity_id=left.ids["alice"], policy_id=policy, activity_id=sudo,
        resource_id=host, profile_id=profile, status=3, outcome=3, record=True, ends_with_connection=False,
        node="gone", login_name="alice-abcdefgh", created_by_name="alice", scheduled_start=begun,
        scheduled_end=begun + HOUR, actual_start=begun, actual_end=begun + HOUR)  # fmt: skip
    add("connection", id=new_id(), session_id=session, identity_id=left.ids["alice"], node="gone",
        address="192.0.2.1", recorded=False, opened_at=begun, closed_at=begun + HOUR)  # fmt: skip
    add("ledger_entry", id=new_id(), session_id=session, position=0, kind="account", resource_id=host,
        parameters={}, state="reverted", intended_at=begun, applied_at=begun, reverted_at=begun + HOUR,
        failures=0)  # fmt: skip
    add("session_log", session_id=session, at=begun, level=1, text="the session is active")
