"""The tables refuse lines of what is not recorded."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from locum.kit.db import Database
from locum.kit.ids import new_id
from locum.sessions.recorded_text_model import recorded_line, recorded_text

pytestmark = pytest.mark.anyio


async def test_a_line_is_of_a_connection_that_there_is(database: Database) -> None:
    with pytest.raises(IntegrityError):
        await database.write(lambda tx: tx.add(recorded_line, connection_id=new_id(), at_ms=0, stream=3, text="x"))
    with pytest.raises(IntegrityError):
        await database.write(lambda tx: tx.add(recorded_text, connection_id=new_id(), node="n"))


@pytest.mark.parametrize("stream", [0, 1, 4])
async def test_only_input_and_output_have_lines(database: Database, stream: int) -> None:
    values = {"connection_id": new_id(), "at_ms": 0, "stream": stream, "text": "x"}
    with pytest.raises(IntegrityError):
        await database.write(lambda tx: tx.add(recorded_line, **values))
