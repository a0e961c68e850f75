"""How an account is shown."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from identities_world import World
from locum.api.account_view import account_info, account_view, required_name
from locum.api.wire.enums import EntityType
from locum.identities.model import identity_role
from locum.kit.db import Database
from locum.kit.errors import Invalid
from locum.reads import accounts


def test_a_row_and_one_account(database: Database, world: World) -> None:
    ada = world.person("ada")
    reviewer = sa.insert(identity_role).values(identity_id=ada.id, role="Reviewer")
    database.submit_write(lambda tx: tx.run(reviewer)).result()
    view = database.submit_read(lambda tx: account_view(accounts.one(tx, ada.id))).result()
    info = database.submit_read(lambda tx: account_info(accounts.one(tx, ada.id))).result()
    assert (view.id, view.entity_type, view.name, view.is_reviewer) == (ada.id, EntityType.LOCAL, "ada", True)
    assert (info.id, info.user_id, info.login_id, info.type, info.is_reviewer) == (
        ada.id,
        ada.id,
        "ada",
        "Local",
        True,
    )
    assert info.last_logon_date_utc is None


def test_a_name_is_needed() -> None:
    assert required_name("ada") == "ada"
    with pytest.raises(Invalid) as refused:
        required_name(None)
    assert refused.value.field == "name"
