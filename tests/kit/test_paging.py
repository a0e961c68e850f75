"""Pages: counted, ordered totally, searched literally."""

from __future__ import annotations

import msgspec
import pytest
import sqlalchemy as sa

from locum.kit.db import Database, Tx
from locum.kit.errors import Invalid
from locum.kit.paging import Listed, Page, fetch, nothing

pytestmark = pytest.mark.anyio

OWN = sa.MetaData()  # a table in Locum's own would be missing in every database of other tests
fruit = sa.Table(
    "test_fruit",
    OWN,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(50), nullable=False),
    sa.Column("colour", sa.String(50), nullable=False),
)


@pytest.fixture
def database(database: Database) -> Database:
    """One that has the table of these tests too."""
    with database.engine.begin() as connection:
        OWN.create_all(connection)
    return database


class Fruit(msgspec.Struct, frozen=True):
    id: int
    name: str
    colour: str


NAMES = ["apple", "Pear", "100%", "50_50", "fig"]


def fill(tx: Tx) -> None:
    tx.add_all(fruit, [{"id": i, "name": name, "colour": "green"} for i, name in enumerate(NAMES)])


async def page(database: Database, **asked: object) -> Listed[Fruit]:
    return await database.read(
        lambda tx: fetch(
            tx,
            Fruit,
            sa.select(fruit),
            Page(**asked),  # type: ignore[arg-type]
            columns={"name": fruit.c.name, "colour": fruit.c.colour},
            tie=fruit.c.id,
            searched=["name"],
        )
    )


async def test_pages_do_not_overlap_even_where_the_order_is_equal(database: Database) -> None:
    await database.write(fill)
    seen = []
    for skip in range(0, 6, 2):
        found = await page(database, skip=skip, take=2, order_by="Colour")
        assert found.total == 5
        seen += [row.id for row in found.rows]
    assert seen == [0, 1, 2, 3, 4]
    backwards = await page(database, order_by="colour", descending=True)
    assert [row.id for row in backwards.rows] == [4, 3, 2, 1, 0]


async def test_take_nothing_counts_alone(database: Database) -> None:
    await database.write(fill)
    assert await page(database, take=0) == Listed([], 5)


@pytest.mark.parametrize(("text", "found"), [("PEA", ["Pear"]), ("%", ["100%"]), ("_", ["50_50"]), ("x", [])])
async def test_a_filter_is_literal_and_knows_no_case(database: Database, text: str, found: list[str]) -> None:
    await database.write(fill)
    assert [row.name for row in (await page(database, filter_text=text)).rows] == found


@pytest.mark.parametrize("asked", [{"skip": -1}, {"take": -1}, {"take": 10001}, {"order_by": "id; DROP TABLE x"}])
async def test_bad_pages_are_refused(database: Database, asked: dict[str, object]) -> None:
    await database.write(fill)
    with pytest.raises(Invalid):
        await page(database, **asked)


async def test_a_tie_of_two_columns_and_a_list_that_is_empty(database: Database) -> None:
    await database.write(fill)
    listed = await database.read(
        lambda tx: fetch(
            tx, Fruit, sa.select(fruit), Page(take=2), columns={}, tie=[fruit.c.colour, fruit.c.id], searched=[]
        )
    )
    assert [row.id for row in listed.rows] == [0, 1]
    assert nothing(Page(order_by="anything")) == Listed([], 0)
    for wrong in (Page(skip=-1), Page(take=-1), Page(take=10_001)):
        with pytest.raises(Invalid):
            nothing(wrong)
