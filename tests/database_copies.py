"""Copies of a test's SQLite database, so that an operation can be tried twice from the same beginning."""

from __future__ import annotations

import sqlite3
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from estate import Estate
from identities_world import RELYING_PARTY
from locum.api.context import Api
from locum.identities.key_usage import KeyUsage
from locum.identities.passkey_signin import PasskeySignIn
from locum.identities.password_change import PasswordChange
from locum.identities.passwords import PasswordHasher
from locum.identities.signin import SignIn
from locum.identities.tokens import Tokens
from locum.kit.db import Database, open_database, sqlite_url


class Copies:
    """Copies of a database with everything that stands on one."""

    def __init__(self, estate: Estate, folder: Path, hasher: PasswordHasher, issuer: Tokens) -> None:
        self.api, self.folder = estate.callers.api, folder
        self.hasher, self.issuer = hasher, issuer
        self.count = 0

    @asynccontextmanager
    async def one(self) -> Any:
        self.count += 1
        file = self.folder / f"copy{self.count}.db"
        with sqlite3.connect(self.folder / "locum.db") as source, sqlite3.connect(file) as target:
            source.backup(target)
        db = open_database(sqlite_url(file))
        yield self._api(db)
        db.close()
        file.unlink()

    def _api(self, db: Database) -> Api:
        api = self.api
        signin = SignIn(db, api.vault, self.hasher, self.issuer, api.digest)
        return replace(
            api,
            db=db,
            signin=signin,
            passwords=PasswordChange(db, self.hasher, signin.issuer),
            usage=KeyUsage(db),
            passkeys=PasskeySignIn(db, api.digest, RELYING_PARTY),
        )
