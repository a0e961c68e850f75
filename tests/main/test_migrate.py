"""Migrations make exactly the tables of the code, on both databases, all or nothing."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from bench.postgres import PostgresServer
from demo.client import Client, Codes, Refused
from joserfc import jwt
from joserfc.jwk import ECKey

import fifth_release
import fourth_release
import second_release
import seventh_release
import sixth_release
import third_release
from first_release import RECOVERY_CODE, Left, leave
from installation import USER_PASSWORD, Installation, ask, status
from locum.audit import log as audit
from locum.identities import tokens
from locum.kit.actor import LOCUM
from locum.kit.db import Database, metadata, open_database, sqlite_url
from locum.kit.errors import StartError
from locum.kit.ids import new_id
from locum.main import compose, keys
from locum.main import migrate as module
from locum.main.migrate import is_prepared, migrate
from locum.main.root_keys import root_key_path
from locum.sessions.recorded_text_model import LETTERS
from locum.vault.keyring import load_keyring
from locum.vault.store import Vault

RELEASES = (second_release, third_release, fourth_release, fifth_release, sixth_release, seventh_release)
"""Each has a file of its own that leaves rows in every table; the first one's does not, and has its tests below."""
MOVED = {
    "access_session": ("tier_escalated",),
    "connection_profile": ("leave_in_group",),
    "resource": ("ssh_trust_action",),
}
"""Columns that a later schema keeps elsewhere, or has anew, by table: with each tier, in `asked_tier`; members have
always stayed, whatever their profile said; as it was meant before anything looked at it."""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    if request.param == "sqlite":
        return open_database(sqlite_url(tmp_path / "empty.db"))
    server: PostgresServer = request.getfixturevalue("postgres")
    return open_database(server.create())


def differences(database: Database) -> list[object]:
    def ours(_object: object, name: str | None, kind: str, *_: object) -> bool:
        # Letters: the index of parts of words, which each database has in its own way.
        return not (
            (kind == "table" and (name or "").startswith(("test_", "alembic", LETTERS)))
            or (kind == "index" and name == f"ix_{LETTERS}")
        )

    compose  # noqa: B018 - knows every room, and so every table
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        return list(compare_metadata(context, metadata))


def test_the_migrations_make_the_tables_of_the_code(empty: Database) -> None:
    assert not is_prepared(empty)
    migrate(empty)
    assert is_prepared(empty)
    assert differences(empty) == []
    migrate(empty)  # nothing left to do
    empty.close()


def test_a_migrated_audit_log_is_append_only(empty: Database) -> None:
    migrate(empty)
    empty.submit_write(audit.record, LOCUM, "test.event").result()
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        empty.submit_write(lambda tx: tx.run(sa.delete(metadata.tables["audit_event"]))).result()
    empty.close()


def test_checks_are_made_too(empty: Database) -> None:
    migrate(empty)
    profile = metadata.tables["connection_profile"]
    with pytest.raises(sa.exc.IntegrityError):
        empty.submit_write(
            lambda tx: tx.add(
                profile,
                id=__import__("uuid").uuid4(),
                name="x",
                is_default=False,
                record=True,
                max_session_minutes=0,
                created_at=tx.now,
                modified_at=tx.now,
            )
        ).result()
    empty.close()


def test_what_waited_for_approval_is_asked_what_it_was_asked_before(empty: Database) -> None:
    """Of a request that waits in its second tier, which has been escalated."""
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None if empty.is_sqlite else dt.UTC)
    ids = {name: new_id() for name in ("workflow", "one", "two", "session", "person")}
    key = {name: made.hex if empty.is_sqlite else made for name, made in ids.items()}
    with empty.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF" if empty.is_sqlite else "SELECT 1")
        connection.exec_driver_sql("BEGIN" if empty.is_sqlite else "SET session_replication_role = replica")
        module.upgrade(connection, "0004")
        tables = sa.MetaData()
        tables.reflect(connection, only=["access_session", "approval_tier", "approval"])

        def add(table: str, **values: object) -> None:
            plain = {bool: False, int: 1, dt.datetime: now, str: "x"}
            for column in tables.tables[table].c:
                if column.nullable is False and column.server_default is None and column.name not in values:
                    is_id = column.name == "id" or column.name.endswith("_id")
                    values[column.name] = key["person"] if is_id else plain[column.type.python_type]
            connection.execute(sa.insert(tables.tables[table]).values(values))

        for number, name in enumerate(("one", "two"), 1):
            add("approval_tier", id=key[name], workflow_id=key["workflow"], number=number)
        later = now + dt.timedelta(hours=1)
        add("access_session", id=key["session"], workflow_id=key["workflow"], status=-1, tier_number=2,
            tier_since=now, tier_escalated=True, scheduled_start=now, scheduled_end=later)  # fmt: skip
        add("approval", id=key["person"], session_id=key["session"], tier_id=key["one"], tier_number=1, state=0)
        module.upgrade(connection, "head")
        found = connection.execute(sa.text("SELECT tier_id, tier_number, escalated FROM asked_tier")).all()
        assert [(str(row[0]).replace("-", ""), row[1], bool(row[2])) for row in found] == [
            (ids["two"].hex, 2, True)
        ]
        kept = connection.execute(sa.text("SELECT count(*) FROM approval")).scalar()
        assert kept == 1
        connection.exec_driver_sql("ROLLBACK")
    empty.close()


def test_a_newer_schema_is_refused(empty: Database) -> None:
    migrate(empty)
    with empty.engine.connect() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        if not empty.is_sqlite:
            connection.commit()
    with pytest.raises(StartError, match="newer Locum"):
        migrate(empty)
    empty.close()


def test_a_migration_that_breaks_leaves_nothing(
    empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    scripts = tmp_path / "migrations"
    shutil.copytree(module.SCRIPTS, scripts)
    first = next((scripts / "versions").glob("0001*.py"))
    first.write_text(first.read_text() + "    raise RuntimeError('power cut')\n")
    monkeypatch.setattr(module, "SCRIPTS", scripts)
    with pytest.raises(RuntimeError, match="power cut"):
        migrate(empty)
    with empty.engine.connect() as connection:
        assert "identity" not in sa.inspect(connection).get_table_names()
    monkeypatch.undo()
    migrate(empty)
    assert differences(empty) == []
    empty.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.full)])
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Installation, Left]]:
    """What the first release left, under a server of today, which has migrated it as it started."""
    url = None
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.create()
    made = Installation(tmp_path / "data", database_url=url)
    left = leave(made.data, url, USER_PASSWORD)
    made.start()
    assert made.healthy(), made.log()
    yield made, left
    assert made.stop() == 0, made.log()
    assert made.locum("audit", "verify").returncode == 0


def signed_in(made: Installation, name: str, code: str = "NA") -> Client:
    client = made.client()
    client.sign_in(name, USER_PASSWORD, code)
    return client


def test_what_the_first_release_left_works(upgraded: tuple[Installation, Left]) -> None:
    made, left = upgraded
    database = open_database(made.database_url or sqlite_url(made.data / "locum.db"))
    assert differences(database) == []
    database.close()
    people_sign_in(made, left)
    keys_work(made, left)
    access_is_as_it_was(made, left)


def people_sign_in(made: Installation, left: Left) -> None:
    codes = Codes(left.totp)
    alice = signed_in(made, "alice", codes.next())
    assert alice.call("GET", "/api/locum/v1/SignIn/Current")["roles"] == ["User"]
    assert signed_in(made, "alice", RECOVERY_CODE).authorization
    factors = alice.call("GET", "/api/locum/v1/SecondFactor")
    assert factors == {"required": False, "totp": True, "passkeys": 0, "recoveryCodesLeft": 0}
    with pytest.raises(Refused):
        signed_in(made, "alice", RECOVERY_CODE)
    assert signed_in(made, "rita").call("GET", "/api/locum/v1/SignIn/Current")["roles"] == ["Reviewer"]
    change = {"passwordOld": USER_PASSWORD, "passwordNew": "another horse battery"}
    alice.call("PUT", "/api/v1/ManagedAccount/ChangeLocalUserPassword", change)
    admin = signed_in(made, "admin")
    rules = admin.call("GET", "/api/locum/v1/SignInPolicy")
    assert (rules["secondFactorRequired"], rules["passwordHistory"]) == (False, 5)
    listed = admin.call("GET", "/api/v1/ManagedAccount/Search")["data"]
    assert sorted(row["name"] for row in listed) == ["admin", "alice", "rita", "robot"]


def keys_work(made: Installation, left: Left) -> None:
    admin, robot, revoked = signed_in(made, "admin"), made.client(), made.client()
    robot.authorization, revoked.authorization = left.key.reveal_text(), left.revoked.reveal_text()
    assert (status(robot), status(revoked)) == (200, 401)
    robot_id = left.ids["robot"]
    assert admin.call("GET", f"/api/v1/ManagedAccount/RevealApiKey/{robot_id}") == left.key.reveal_text()
    listed = admin.call("GET", f"/api/locum/v1/Application/{robot_id}/ApiKey")
    (live,) = [row for row in listed if row["isLive"]]
    assert len(listed) == 2
    assert (live["name"], live["canBeRevealed"]) == ("API key", True)
    bounds = ("operations", "policies", "credentials", "addresses", "maxUses", "expiresAt")
    assert [live[bound] for bound in bounds] == [None] * len(bounds)
    bounded = admin.call("PUT", f"/api/locum/v1/ApiKey/{live['id']}", {"name": "first", "maxUses": 1})
    assert (bounded["maxUses"], bounded["applicationId"]) == (1, str(robot_id))
    admin.call("PUT", f"/api/v1/ManagedAccount/GenerateApiKey/{robot_id}")
    assert status(robot) == 401


def access_is_as_it_was(made: Installation, left: Left) -> None:
    admin = signed_in(made, "admin")
    for name in ("Default", "Long"):
        path = f"/api/locum/v1/ConnectionProfile/{left.ids[name]}/SshKeyUse"
        assert json.dumps(admin.call("GET", path)) == '{"sshKeyUse": "first"}'
    policy = admin.call("GET", f"/api/v1/AccessControlPolicy/{left.ids['all']}")
    assert policy["name"] == "all"
    history = admin.call("GET", "/api/v1/ActivitySession/SummaryByStatus/Historical")["data"]
    assert [row["id"] for row in history] == [str(left.ids["session"])]
    log = admin.call("GET", f"/api/v1/ActivitySession/{left.ids['session']}/Log")
    assert "the session is active" in json.dumps(log)
    # The policy still decides: Alice may ask for what it gives, and for nothing else.
    alice = made.client()
    alice.sign_in("alice", "another horse battery", Codes(left.totp, int(time.time()) // 30).next())
    session = alice.call("GET", f"/api/v1/ActivitySession/{ask(alice)}")
    assert session["status"] in (0, 1, 2, 4, 5)
    with pytest.raises(Refused):
        ask(signed_in(made, "rita"))


def test_a_token_of_the_first_release_asks_to_sign_in_again(upgraded: tuple[Installation, Left]) -> None:
    """It names no sign-in, so nobody could sign out of it; it would have ended within 15 minutes anyway."""
    made, left = upgraded
    database = open_database(made.database_url or sqlite_url(made.data / "locum.db"))
    vault = Vault(load_keyring(root_key_path(made.data)))
    key = ECKey.import_key(database.submit_read(keys.load, vault, tokens.SYSTEM_KEY).result().reveal())
    database.close()
    now = int(time.time())
    claims = {"iss": "locum", "aud": "locum-api", "sub": "alice", "iat": now, "nbf": now, "exp": now + 900,
              "issued_us": now * 1_000_000, "ManagedAccountId": str(left.ids["alice"]), "pending": None}  # fmt: skip
    client = made.client()
    client.authorization = jwt.encode({"alg": "ES256", "kid": key.thumbprint()}, claims, key, ["ES256"])
    with pytest.raises(Refused, match="sign in again") as refusal:
        client.call("GET", "/api/v1/UserToken")
    assert refusal.value.status == 401


@pytest.fixture(params=["sqlite", "postgresql"])
def unmade(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    """Where nothing is yet."""
    url = None
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.create()
    made = Installation(tmp_path / "data", database_url=url)
    yield made
    if made.process is not None:
        made.stop()


@pytest.mark.parametrize(
    "release",
    # An old one passes through all that came later: the newest has it in short.
    [pytest.param(one, marks=() if one is RELEASES[-1] else pytest.mark.full) for one in RELEASES],
    ids=lambda release: f"from {release.SCHEMA}",
)
def test_every_row_of_a_release_survives_and_is_served(unmade: Installation, release: ModuleType) -> None:
    left = release.leave(unmade.data, unmade.database_url, USER_PASSWORD)
    before = all_rows(unmade)
    assert [table for table, rows in before.items() if not rows] == []
    unmade.start()
    assert unmade.healthy(), unmade.log()
    after = all_rows(unmade)
    # The seed and the start may add, and a start seals what waited and takes over the settings of mail.
    for table in set(before) - {"alembic_version", "audit_pending", "mail_setup"}:
        kept = [{name: row[name] for name in row if name not in MOVED.get(table, ())} for row in before[table]]
        lost = [row for row in kept if not any(row.items() <= now.items() for now in after[table])]
        assert lost == [], table
    assert all(row["leave_in_group"] for row in after["connection_profile"])
    admin, robot = signed_in(unmade, "admin"), unmade.client()
    robot.authorization = left.key.reveal_text()
    assert status(robot) == 200
    assert admin.call("GET", f"/api/v1/ManagedAccount/RevealApiKey/{left.ids['robot']}") == left.key.reveal_text()
    recordings = json.loads(unmade.locum("recording", "list").stdout)
    assert [row["connection"] for row in recordings] == [str(left.ids["recorded"])]
    cast = unmade.data / "seen.cast"
    assert unmade.locum("recording", "export", str(left.ids["recorded"]), str(cast)).returncode == 0
    assert "seen by Alice" in cast.read_text()
    assert unmade.stop() == 0
    verified = unmade.locum("audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def all_rows(made: Installation) -> dict[str, list[dict[str, object]]]:
    """Everything as the database has it, whichever release made it."""
    database = open_database(made.database_url or sqlite_url(made.data / "locum.db"))
    tables = sa.MetaData()
    tables.reflect(database.engine)
    with database.engine.connect() as connection:
        found = {
            table.name: [dict(row._mapping) for row in connection.execute(sa.select(table))]
            for table in tables.sorted_tables
        }
    database.close()
    return found
