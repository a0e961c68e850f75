"""Things that are no logins are kept beside them, under names of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from audited import details
from locum.credentials.add import add_credential
from locum.credentials.change import Change, change_credential
from locum.credentials.contents import add_content, kind_of, replace_content
from locum.credentials.kinds import checked
from locum.credentials.model import SecretKind
from locum.credentials.secrets import Part, main_part, open_part
from locum.kit.db import Database
from locum.kit.errors import Conflict, Invalid, TooLarge
from locum.vault.secret import Secret
from locum.vault.store import MAX_SECRET_BYTES
from world import ACTOR, new_vault

pytestmark = pytest.mark.anyio


async def test_a_token_is_kept_replaced_and_no_login(database: Database, tmp_path: Path) -> None:
    vault = new_vault(tmp_path)
    token = {"name": "deploy", "content": checked(SecretKind.TOKEN, b"t1")}
    made = await database.write(add_content, vault, ACTOR, **token)
    assert main_part(made) is Part.CONTENT
    with pytest.raises(Conflict):
        await database.write(add_content, vault, ACTOR, **token)
    with pytest.raises(Conflict):
        await database.write(add_credential, vault, ACTOR, username="deploy", password=Secret("x"))
    for text in (b"t2", b"t2"):  # the same again is no new version
        made = await database.write(replace_content, vault, ACTOR, made.id, checked(SecretKind.TOKEN, text))
    assert await database.read(open_part, vault, made, Part.CONTENT, version=1) == Secret("t1")
    assert await database.read(open_part, vault, made, Part.CONTENT) == Secret("t2")
    with pytest.raises(Invalid):
        await database.write(change_credential, vault, ACTOR, made.id, Change(password=Secret("x")))
    assert [one["fields"] for one in details(database, "credential.changed", made.id)] == ["content"]


async def test_a_file_may_have_a_mebibyte_and_a_login_no_content(database: Database, tmp_path: Path) -> None:
    vault = new_vault(tmp_path)
    most, more = (checked(SecretKind.FILE, b"\x00" * size) for size in (MAX_SECRET_BYTES, MAX_SECRET_BYTES + 1))
    made = await database.write(add_content, vault, ACTOR, name="image", content=most)
    with pytest.raises(TooLarge):
        await database.write(replace_content, vault, ACTOR, made.id, more)
    login = await database.write(add_credential, vault, ACTOR, username="app", password=Secret("x"))
    with pytest.raises(Conflict):
        await database.write(replace_content, vault, ACTOR, login.id, most)
    with pytest.raises(Conflict):
        await database.read(kind_of, login.id)
