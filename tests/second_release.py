"""A data directory and its database as the second release left them: schema 0002, and rows in every table of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import first_release
from first_release import HOUR, Left, More
from locum.audit import log as audit
from locum.audit.sealer import Sealer
from locum.kit.actor import LOCUM
from locum.kit.db import Tx, open_database, sqlite_url
from locum.kit.ids import new_id
from locum.main import keys
from locum.main.root_keys import root_key_path
from locum.recordings.format import Event
from locum.recordings.store import Store
from locum.vault.keyring import load_keyring
from locum.vault.secret import Secret
from locum.vault.store import Vault
from recorded import frames

SCHEMA = "0002"
HOST_PASSWORD = "the password of web01"


def leave(data: Path, url: str | None, password: str, *, revision: str = SCHEMA, more: More | None = None) -> Left:
    """Make the directory and fill the database at `url` (None: SQLite in the directory)."""

    def all_of(tx: Tx, vault: Vault, left: Left, add: Callable[..., None], thing: Callable[..., UUID]) -> None:
        _people(tx, left, add, thing)
        _hosts(tx, vault, left, add)
        _recording(tx, vault, left, add, data)
        if more is not None:
            more(tx, vault, left, add, thing)

    left = first_release.leave(data, url, password, revision=revision, more=all_of)
    database = open_database(url or sqlite_url(data / "locum.db"))
    try:
        vault = Vault(load_keyring(root_key_path(data)))
        signing = keys.signing_key(database.submit_read(keys.load, vault, keys.AUDIT_SIGNING).result())
        Sealer(database, signing, data / "public" / "audit-checkpoints.jsonl").finish()
        database.submit_write(audit.record, LOCUM, "test.waiting").result()
    finally:
        database.close()
    return left


def _people(tx: Tx, left: Left, add: Callable[..., None], thing: Callable[..., UUID]) -> None:
    alice, begun = left.ids["alice"], tx.now - 24 * HOUR
    role = thing("custom_role", "Auditors", description="Who looks", target="recordings")
    add("custom_role_member", role_id=role, identity_id=left.ids["rita"])
    add("custom_role_permission", role_id=role, permission="recording:item:read")
    add("custom_role_scope", role_id=role, kind="policy", member_id=left.ids["all"])
    add("passkey", id=new_id(), identity_id=alice, name="Laptop", credential_id=b"credential", public_key=b"key",
        sign_count=7, backed_up=True)  # fmt: skip
    add("password_history", id=new_id(), identity_id=alice, password_hash="x", replaced_at=begun)
    add("ssh_key", id=new_id(), identity_id=alice, name="Laptop", algorithm="ssh-ed25519", public_key="AAAA",
        fingerprint="SHA256:x")  # fmt: skip
    add("sign_in", id=new_id(), identity_id=alice, method="password", cookie_digest=b"c" * 32,
        address="192.0.2.1", client="a browser", started_at=begun, last_used_at=begun, ends_at=begun + HOUR,
        ended_at=begun + HOUR)  # fmt: skip
    add("used_challenge", digest=b"d" * 32, expires_at=tx.now + 24 * HOUR)


def _hosts(tx: Tx, vault: Vault, left: Left, add: Callable[..., None]) -> None:
    left.ids["credential"] = new_id()
    secret = vault.put(tx, Secret(HOST_PASSWORD), purpose="credential.password")
    add("credential", id=left.ids["credential"], username="root", domain="", login_key="root", name="root of web01",
        type=0, platform_id=left.ids["Linux"], authentication_method=0, password_secret_id=secret)  # fmt: skip
    # A job that comes up when nobody waits for it any more.
    add("job", id=new_id(), kind="session", subject_id=left.ids["session"], due_at=tx.now + 10_000 * HOUR,
        attempts=0, fence=3, asked=0)  # fmt: skip


def _recording(tx: Tx, vault: Vault, left: Left, add: Callable[..., None], data: Path) -> None:
    recorded = left.ids["recorded"] = new_id()
    add("connection", id=recorded, session_id=left.ids["session"], identity_id=left.ids["alice"], node="gone",
        address="192.0.2.1", recorded=True, opened_at=tx.now - 3 * HOUR, closed_at=tx.now - 2 * HOUR)  # fmt: skip
    key, wrapped = vault.new_data_key(purpose="recording", subject_id=recorded)
    seen = [[Event(1.0, "o", b"seen by Alice")]]
    with Store(data / "recordings").create(recorded) as file:
        file.write(b"".join(frames(seen, recording_id=recorded, key=key, wrapped=wrapped)))
