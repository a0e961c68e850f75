"""`locum init`: everything a data directory and a database need before the first start.

Steps, each safe to repeat: (1) directories and the root key; (2) the settings file; (3) the schema; (4) in one
transaction system keys, seed, and the first administrator, if there is none; (5) certificates and public keys.
A crash between any two is mended by running it again.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from locum.identities import first_administrator
from locum.kit.db import Database, Tx, open_database
from locum.kit.errors import StartError
from locum.kit.files import replace_file
from locum.kit.settings import FILE_NAME, Settings, load_settings, written
from locum.main import keys, tls
from locum.main.migrate import migrate
from locum.main.root_keys import make_vault, open_vault, root_key_path
from locum.main.seed import seed
from locum.vault.secret import Secret
from locum.vault.store import Vault

_LOCK = int.from_bytes(b"complete", "big") >> 1


@dataclass(frozen=True, slots=True)
class Wish:
    """What the operator asked for. `admin_mfa` is "none" or "totp", `user_mfa` "required" or "optional".

    `root_key` says what keeps the root key: "file" (None says so too), "passphrase", "env" or a `pkcs11:` URI.
    """

    admin: str
    password: Secret
    admin_mfa: Literal["none", "totp"]
    user_mfa: Literal["required", "optional"]
    database_url: str | None
    root_key: str | None = None
    unlock_file: Path | None = None


def prepare(data_dir: Path, wish: Wish) -> dict[str, object]:
    """Do all steps; answers the JSON object that `locum init` prints. Secrets in it are null on later runs."""
    make_directories(data_dir)
    settings = load_settings(data_dir, {"database_url": wish.database_url, "unlock_file": wish.unlock_file})
    vault = _vault(settings, wish.root_key)
    if wish.database_url is not None:
        _remember_database(data_dir, wish.database_url)
    keep_private(settings.database)
    database = open_database(settings.database)
    try:
        migrate(database)
        printed = database.submit_write(_fill, vault, wish, data_dir).result()
        publish(database, vault, settings)
    finally:
        database.close()
    return printed


def _vault(settings: Settings, choice: str | None) -> Vault:
    if not root_key_path(settings.data_dir).exists():
        return make_vault(settings, choice or "file")
    vault = open_vault(settings)
    file = vault.keyring.file
    if file is not None and choice not in (None, file.provider_name):
        raise StartError(f"the root key is kept by {file.provider_name}: see locum vault move-root")
    return vault


def publish(database: Database, vault: Vault, settings: Settings) -> None:
    """(5) Write certificates and public keys that are missing or near their end, also after a restore."""
    make_directories(settings.data_dir)
    ca = database.submit_read(keys.load, vault, keys.TLS_CA).result()
    public = settings.data_dir / "public"
    _write(public / "ca.crt", tls.ca_certificate(ca))
    for name, content in database.submit_read(keys.public_keys, vault).result().items():
        _write(public / name, content)
    tls.ensure_leaf(
        ca,
        certificate=public / "tls.crt",
        key=settings.data_dir / "keys" / "tls.key",
        names=tls.local_names(*keys.public_hosts(settings)),
    )


def complete(tx: Tx, vault: Vault) -> None:
    """System keys and seed, those that are missing: an earlier version's installation gets what this one brings."""
    tx.lock(_LOCK)  # nodes that start together
    keys.ensure_all(tx, vault)
    seed(tx)


def _fill(tx: Tx, vault: Vault, wish: Wish, data_dir: Path) -> dict[str, object]:
    complete(tx, vault)
    made = None
    if not first_administrator.administrators(tx):
        recovery_key = first_administrator.new_recovery_key()
        made = first_administrator.create(
            tx,
            vault,
            name=wish.admin,
            password=wish.password,
            with_totp=wish.admin_mfa == "totp",
            user_mfa=wish.user_mfa,
            recovery_key=recovery_key,
        )
        # Before the commit: a key that was written and then not committed is replaced by the next run's.
        first_administrator.write_recovery_key(data_dir / "keys", recovery_key)
    return {
        "admin": first_administrator.administrators(tx)[0],
        "totpUri": made.totp_uri if made else None,
        "recoveryCodes": made.recovery_codes if made else None,
        "caCertificate": str(data_dir.resolve() / "public" / "ca.crt"),
    }


def make_directories(data_dir: Path) -> None:
    """(1) The data directory and the folders in it."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in ("keys", "public", "recordings"):
            (data_dir / name).mkdir(exist_ok=True, mode=0o755 if name == "public" else 0o700)
        os.chmod(data_dir / "keys", 0o700)
    except OSError as error:
        raise StartError(f"can't use the data directory {data_dir}: {error.strerror}") from None


def _remember_database(data_dir: Path, url: str) -> None:
    """So that every later command finds the same database. The URL may hold a password: mode 0600."""
    file = data_dir / FILE_NAME
    if not file.exists():
        _write(file, written({"database_url": url}).encode(), mode=0o600)


def keep_private(url: str) -> None:
    """SQLite makes a file that everybody may read, and gives its journals the mode of the file it finds."""
    if url.startswith("sqlite:///"):
        with contextlib.suppress(OSError):  # SQLite says better what is wrong with the place
            Path(url.removeprefix("sqlite:///")).touch(mode=0o600)


def _write(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    if not path.exists() or path.read_bytes() != content:
        replace_file(path, content, mode=mode)
