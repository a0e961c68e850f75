"""Admin commands: through the running server's socket, or on the database itself when no server runs.

Owning the data directory is the proof. Each use is audited, by the process that carries it out.
"""

from __future__ import annotations

import base64
import getpass
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from locum import __version__
from locum.audit import export as audit_export
from locum.audit import log as audit
from locum.audit import verify as audit_verify
from locum.audit.classify import Detail
from locum.audit.sealer import Sealer
from locum.identities import digests, first_administrator, key_holders, signing_key
from locum.kit import pause
from locum.kit.actor import Actor
from locum.kit.db import Database, ReadTx, open_database
from locum.kit.errors import Invalid, StartError
from locum.kit.files import replace_file
from locum.kit.ids import new_id
from locum.kit.settings import Settings, load_settings
from locum.main import backup_format, keys, mail_test
from locum.main.archiver import open_archive
from locum.main.migrate import is_prepared, migrate, revisions
from locum.main.resume import Resume
from locum.main.root_key_rotation import RootKeyRotation
from locum.main.root_keys import open_vault, root_key_path
from locum.policies import ask as policy_questions
from locum.policies.expectations import Question
from locum.reads import recordings as recorded
from locum.recordings import cast, reader
from locum.recordings.archive import Archive, at_hand, drop, take
from locum.recordings.key import data_key
from locum.recordings.store import Store
from locum.sessions import archiving
from locum.vault.secret import Secret
from locum.vault.store import Vault

SOCKET_NAME = "admin.sock"
LONGEST_ANSWER = 64 * 1024 * 1024

Answer = dict[str, Any]
"""`ok` and either `text` for people or `object` for programs."""


@dataclass(frozen=True, slots=True)
class Console:
    """What a command works on. Its methods block: the server calls them in a thread."""

    db: Database
    vault: Vault
    settings: Settings
    actor: Actor

    @property
    def data_dir(self) -> Path:
        return self.settings.data_dir

    def perform(self, command: str, arguments: dict[str, Any]) -> Answer:
        """Carry out one command of `COMMANDS`, audited before it answers."""
        act = COMMANDS.get(command)
        if act is None:
            raise Invalid("there is no such command")
        detail = {"command": command}
        self.db.submit_write(audit.record, self.actor, "console.command", detail=detail).result()
        return act(self, **arguments)

    def root_keys(self) -> RootKeyRotation:
        """The root keys and what is under them."""
        return RootKeyRotation(self.db, self.vault, self.data_dir, self.actor)

    def public_key(self, name: str) -> Ed25519PublicKey:
        """The public half of a signing key."""
        return keys.signing_key(self.db.submit_read(keys.load, self.vault, name).result()).public_key()


def operate(command: str, data_dir: Path, database_url: str | None, **arguments: Any) -> Answer:
    """Run one command wherever it has to run. Raises StartError where nothing was ever initialised."""
    if not root_key_path(data_dir).exists():
        raise StartError(f"{data_dir} was never initialised: run locum init first")
    answer = _ask_server(data_dir / SOCKET_NAME, command, arguments)
    if answer is not None:
        return answer
    with offline_console(data_dir, database_url) as console:
        return console.perform(command, arguments)


@contextmanager
def offline_console(data_dir: Path, database_url: str | None) -> Iterator[Console]:
    """What commands work on where no server runs. What they leave in the audit log is sealed at the end."""
    settings = load_settings(data_dir, {"database_url": database_url})
    vault = open_vault(settings)
    db = open_database(settings.database)
    try:
        if not is_prepared(db):
            raise StartError("the database was never initialised: run locum init first")
        migrate(db)
        yield Console(db, vault, settings, console_actor())
        signing = keys.signing_key(db.submit_read(keys.load, vault, keys.AUDIT_SIGNING).result())
        Sealer(db, signing, data_dir / "public" / audit_verify.ANCHOR_FILE).finish()
    finally:
        db.close()


def console_actor(user: str | None = None) -> Actor:
    """The operator as the audit log names them: by the account that owns the directory."""
    return Actor(None, f"console:{user or getpass.getuser()}")


def verify_export(file: Path, public_key: Path) -> Answer:
    """Check an exported audit log: needs no data directory."""
    try:
        key = serialization.load_pem_public_key(public_key.read_bytes())
    except ValueError:
        raise StartError(f"{public_key} does not hold a public key") from None
    if not isinstance(key, Ed25519PublicKey):
        raise StartError(f"{public_key} is not an Ed25519 key")
    report = audit_verify.verify_file(file, key)
    return {"ok": report.ok, "text": report.words}


@contextmanager
def playback(data_dir: Path, database_url: str | None, connection: str) -> Iterator[reader.Playback]:
    """A recording, played by this process: only its key is asked for. Raises what `operate` does, and Damaged."""
    found = operate("recording.play", data_dir, database_url, connection=connection)["object"]
    path = Path(found["path"])
    with reader.open_container(path) as file:
        if found["fetched"]:
            drop(path)
        yield reader.Playback(file, Secret(base64.b64decode(found["key"])))


def _ask_server(path: Path, command: str, arguments: dict[str, Any]) -> Answer | None:
    """The running server's answer, or None where none runs."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
        try:
            wire.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except OSError as error:
            raise StartError(f"can't reach the running server at {path}: {error.strerror}") from None
        wire.sendall(json.dumps({"command": command, "arguments": arguments}).encode() + b"\n")
        with wire.makefile("rb") as lines:
            answer = json.loads(lines.readline(LONGEST_ANSWER) or b'{"error": "the server went away"}')
    if "error" in answer:
        raise StartError(str(answer["error"]))
    return dict(answer)


def _audit_verify(console: Console) -> Answer:
    signing = keys.signing_key(console.db.submit_read(keys.load, console.vault, keys.AUDIT_SIGNING).result())
    anchors = console.data_dir / "public" / audit_verify.ANCHOR_FILE
    Sealer(console.db, signing, anchors).finish()
    report = console.db.submit_read(audit_verify.verify_database, signing.public_key(), anchors).result()
    return {"ok": report.ok, "text": report.words}


def _audit_export(console: Console, *, file: str) -> Answer:
    count = console.db.submit_read(audit_export.export, Path(file)).result()
    return {"ok": True, "text": f"{count} audit events written to {file}"}


def _recording_list(console: Console) -> Answer:
    return {"ok": True, "object": console.db.submit_read(recorded.newest, limit=1000).result()}


def _recording_export(console: Console, *, connection: str, file: str, with_input: bool) -> Answer:
    with _recording(console, connection) as (path, data_key):
        cast.export(path, data_key, Path(file), with_input=with_input)
    return {"ok": True, "text": f"written to {file}; play it with: asciinema play {file}"}


def _recording_play(console: Console, *, connection: str) -> Answer:
    """Where it lies, and its key, for the caller who plays it. See `playback`."""
    path, fetched = take(*_whereabouts(console, connection))
    key = base64.b64encode(data_key(console.vault, path, UUID(connection)).reveal()).decode()
    console.db.submit_write(
        audit.record, console.actor, "recording.viewed", object_kind="connection", object_id=UUID(connection)
    ).result()
    return {"ok": True, "object": {"path": str(path), "key": key, "fetched": fetched}}


def _recording_verify(console: Console, *, connection: str) -> Answer:
    with _recording(console, connection) as (path, data_key):
        report = reader.verify(path, data_key, console.public_key(keys.RECORDING_SIGNING))
    noted = console.db.submit_read(recorded.digest, UUID(connection)).result()
    if report.ok and noted is not None and noted != report.digest:
        return {"ok": False, "text": f"not the recording that was closed: its digest was {noted}; {report.words}"}
    return {"ok": report.ok, "text": report.words}


@contextmanager
def _recording(console: Console, connection: str) -> Iterator[tuple[Path, Secret]]:
    with at_hand(*_whereabouts(console, connection)) as path:
        yield path, data_key(console.vault, path, UUID(connection))


def _whereabouts(console: Console, connection: str) -> tuple[Store, Archive | None, UUID, str | None]:
    """What `take` wants to know."""
    try:
        recording_id = UUID(connection)
    except ValueError:
        raise Invalid("a recording is named by the id of its connection") from None
    store = Store(console.data_dir / "recordings")
    archived = console.db.submit_read(archiving.key_of, recording_id).result()
    if archived is None and not store.path(recording_id).exists():
        raise Invalid("there is no such recording")
    return store, open_archive(console.settings, store), recording_id, archived


def _recover(console: Console, *, key: str, minutes: int) -> Answer:
    made = console.db.submit_write(
        first_administrator.recover, console.vault, console.actor, key=Secret(key.strip()), minutes=minutes
    ).result()
    first_administrator.write_recovery_key(console.data_dir / "keys", made.next_key)
    return {
        "ok": True,
        "object": {
            "name": made.name,
            "password": made.password.reveal_text(),
            "expires": made.expires_at.isoformat(),
        },
    }


def _rotate_token_key(console: Console) -> Answer:
    console.db.submit_write(signing_key.rotate, console.vault, console.actor).result()
    written = console.db.submit_read(keys.public_keys, console.vault).result()
    replace_file(console.data_dir / "public" / keys.TOKEN_PUBLIC, written[keys.TOKEN_PUBLIC], mode=0o644)
    return {"ok": True, "text": "tokens are signed with a new key; every token made before is refused from now on"}


def _key_holders(console: Console, *, found: list[str]) -> Answer:
    """Whose these API keys are, in their order. The keys come over the socket and go no further than their digests."""

    def look(tx: ReadTx) -> list[dict[str, Any] | None]:
        digest = digests.KeyedDigest(keys.load(tx, console.vault, digests.SYSTEM_KEY))
        holders = (key_holders.holder(tx, digest, key) for key in found)
        return [None if holder is None else msgspec.to_builtins(holder) for holder in holders]

    return {"ok": True, "object": {"holders": console.db.submit_read(look).result()}}


def _vault_status(console: Console) -> Answer:
    return {"ok": True, "object": console.root_keys().status()}


def _vault_rotate_root(console: Console, *, prepare_only: bool) -> Answer:
    return {"ok": True, "text": console.root_keys().rotate(prepare_only=prepare_only)}


def _vault_drop_retired(console: Console) -> Answer:
    ok, words = console.root_keys().drop_retired()
    return {"ok": ok, "text": words}


def _backup_begin(console: Console, *, file: str) -> Answer:
    """A key for one backup, which the caller writes in a process of its own. See `main/backup.py`."""
    detail = {"file": file}
    console.db.submit_write(audit.record, console.actor, "backup.begun", detail=detail).result()
    backup_id, url = new_id(), console.db.engine.url
    if console.db.is_sqlite:
        url = url.set(database=str(Path(url.database or "").resolve()))
    key, wrapped = backup_format.new_key(console.vault, backup_id)
    made = {
        "id": str(backup_id),
        "key": base64.b64encode(key.buffer()).decode(),
        "wrapped": wrapped,
        "database": url.render_as_string(hide_password=False),
    }
    key.wipe()
    return {"ok": True, "object": made}


def _backup_end(console: Console, *, file: str, rows: int) -> Answer:
    detail: Detail = {"file": file, "count": rows}
    console.db.submit_write(audit.record, console.actor, "backup.made", detail=detail).result()
    return {"ok": True, "object": {}}


def _resume(console: Console, *, go: bool) -> Answer:
    resume = Resume(console.db, console.vault, console.data_dir, console.actor)
    return {"ok": True, "object": resume.go() if go else resume.look()}


def _policy_explain(console: Console, **asked: Any) -> Answer:
    found = console.db.submit_read(policy_questions.answer, msgspec.convert(asked, Question)).result()
    return {"ok": True, "object": msgspec.to_builtins(found)}


def _mail_test(console: Console, *, address: str) -> Answer:
    ok, words = mail_test.send(console.settings, address)
    return {"ok": ok, "text": words}


def _status(console: Console) -> Answer:
    found = console.db.submit_read(pause.current).result()
    return {
        "ok": True,
        "object": {
            "version": __version__,
            "schema": revisions()[0],
            "database": console.db.engine.dialect.name,
            "paused": msgspec.to_builtins(found),
        },
    }


COMMANDS: dict[str, Callable[..., Answer]] = {
    "audit.verify": _audit_verify,
    "audit.export": _audit_export,
    "recording.list": _recording_list,
    "recording.export": _recording_export,
    "recording.play": _recording_play,
    "recording.verify": _recording_verify,
    "recover": _recover,
    "token-key.rotate": _rotate_token_key,
    "api_key.holders": _key_holders,
    "backup.begin": _backup_begin,
    "backup.end": _backup_end,
    "mail.test": _mail_test,
    "policy.explain": _policy_explain,
    "resume": _resume,
    "status": _status,
    "vault.status": _vault_status,
    "vault.rotate-root": _vault_rotate_root,
    "vault.drop-retired": _vault_drop_retired,
}
