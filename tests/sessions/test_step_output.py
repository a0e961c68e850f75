"""What steps said, without what looks like a secret."""

from __future__ import annotations

import pytest

from locum.sessions import ledger
from locum.sessions.step_output import MASK, MOST_LINES, masked, say_output
from stage import Stage

pytestmark = pytest.mark.anyio

KEY = """-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXk
-----END OPENSSH PRIVATE KEY-----"""


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("DB_PASSWORD=hunter2 and more", f"DB_PASSWORD={MASK} and more"),
        ("password: 'two words', next", f"password: {MASK}, next"),
        ('{"api_key": "abc", "n": 1}', f'{{"api_key": {MASK}, "n": 1}}'),
        ("token_value = x", f"token_value = {MASK}"),
        (f"key:\n{KEY}\nend", f"key:\n-----BEGIN OPENSSH PRIVATE KEY----- {MASK}\nend"),
        (KEY[:60], f"-----BEGIN OPENSSH PRIVATE KEY----- {MASK}"),
        ("Authorization: Bearer abcdef.ghijkl", f"Authorization: Bearer {MASK}"),
        ("postgres://app:s3cret@db/x", f"postgres://app:{MASK}@db/x"),
        ("the password was changed", "the password was changed"),
        ("https://db.example:5432/x", "https://db.example:5432/x"),
    ],
)
def test_what_looks_like_a_secret_is_left_out(said: str, kept: str) -> None:
    assert masked(said) == kept


async def test_the_first_lines_stand_in_the_log(stage: Stage) -> None:
    session_id = await stage.ask()
    await stage.turn()
    (entry, *_) = await stage.database.read(ledger.entries, session_id)
    said = "\n".join(f"line {number}" for number in range(MOST_LINES + 5))
    await stage.database.write(say_output, entry, said)
    log = (await stage.log(session_id)).splitlines()
    assert f"{entry.kind}: line {MOST_LINES - 1}" in log
    assert f"{entry.kind}: line {MOST_LINES}" not in log
    assert log[-1] == f"{entry.kind}: … and 5 lines more"
    await stage.end(session_id)
    await stage.turn()
