from __future__ import annotations

import pytest

pytestmark = pytest.mark.anyio


async def test_exec(client, gate):
    answer = await client.run("127.0.0.1", "echo out; echo err >&2; exit 7")
    assert (answer.status, answer.out, answer.err) == (7, b"out\n", "err\n")
