"""The queue of mails as administrators see it."""

from __future__ import annotations

import pytest

from estate import Estate, problem
from locum.kit.db import Tx
from locum.kit.ids import new_id
from locum.notices.model import MailSetup
from locum.notices.outbox import put

pytestmark = pytest.mark.anyio

PATH = "/api/v1/Email"
SETUP = MailSetup("locum@example.org", "https://locum.example", None)


@pytest.mark.sees_effect("Email.GetAll")
async def test_mails_are_listed_without_what_they_say(estate: Estate) -> None:
    def queue(tx: Tx) -> None:
        put(tx, SETUP, topic="t", about_id=new_id(), addresses=["a@b"], subject="s", lines=["canary-of-a-body"])

    assert await estate.get(estate.admin, PATH) == []
    for _ in range(2):
        estate.database.submit_write(queue).result()
    listed = await estate.get(estate.admin, PATH)
    assert [(one["toAddress"], one["subject"], one["state"], one["wasSent"], one["tries"]) for one in listed] == [
        ("a@b", "s", "waiting", False, 0)
    ] * 2
    assert listed[0]["createdDateTimeUtc"] >= listed[1]["createdDateTimeUtc"]
    assert "canary" not in str(listed)
    problem(await estate.ada.get(PATH), 403)
