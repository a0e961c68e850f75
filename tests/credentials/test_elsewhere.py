"""What this room joins of other rooms' tables is there."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from locum.credentials import elsewhere
from locum.resources.model import platform, resource


@pytest.mark.parametrize(
    ("seen", "real"),
    [(elsewhere.platform, platform), (elsewhere.resource, resource)],
    ids=["platform", "resource"],
)
def test_the_columns_are_those_of_the_table(seen: sa.TableClause, real: sa.Table) -> None:
    assert seen.name == real.name
    for column in seen.c:
        assert type(real.c[column.name].type) is type(column.type), column.name
