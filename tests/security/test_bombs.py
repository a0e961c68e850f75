"""What a stranger sends before anybody is signed in costs a bounded amount of memory, and nobody else their answer.

SEC-29, the HTTP half, against a real `locum serve`; `tests/gateway/ssh` has the SSH half.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import ssl
import time
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from installation import Installation
from locum.api.request import BODY_LIMIT, DEPTH_LIMIT, ELEMENT_LIMIT
from locum.identities import api_keys
from locum.main.http_protocol import HEAD_BYTES

pytestmark = pytest.mark.anyio

CEILING_MIB = 150  # that the server may grow by, at its highest
PATIENCE = 8  # seconds for the answer to somebody who does no harm, while all this goes on
DOORS = ("/signinBody", "/signin", "/signin2fa", "/WebAppApi/api/v1/AppUserToken", "/api/locum/v1/SignIn/Passkey")
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(tmp_path_factory.mktemp("bombs") / "data")
    made.prepare()
    made.start()
    assert made.healthy(), made.log()
    made.admin()  # the memory of a password's hash is the server's own
    yield made
    assert made.stop() == 0


def memory_mib(installation: Installation, figure: str) -> float:
    """VmRSS is what the process has now, VmHWM what it had at most."""
    assert installation.process is not None
    status = Path(f"/proc/{installation.process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith(figure))
    return int(line.split()[1]) / 1024


@asynccontextmanager
async def bounded(installation: Installation) -> AsyncIterator[None]:
    """Health is answered all the while, and the memory stays under the ceiling."""
    before = memory_mib(installation, "VmRSS")
    assert installation.process is not None
    Path(f"/proc/{installation.process.pid}/clear_refs").write_text("5")  # the high-water mark begins anew
    over, answered = asyncio.Event(), 0

    async def watch() -> None:
        nonlocal answered
        while not over.is_set():
            async with asyncio.timeout(PATIENCE):
                assert await status(installation, request("GET", "/api/v1/Health")) == 200
            answered += 1
            await asyncio.sleep(0.1)

    watching = asyncio.create_task(watch())
    yield
    over.set()
    await watching
    grown = memory_mib(installation, "VmHWM") - before
    assert grown < CEILING_MIB, f"{grown:.0f} MiB"
    assert answered > 0
    assert installation.process.poll() is None


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """Header names have _ for -."""
    sent = {
        "host": "locum",
        "content-type": "application/json",
        **{k.replace("_", "-"): v for k, v in headers.items()},
    }
    if body and "transfer-encoding" not in sent:
        sent["content-length"] = str(len(body))
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


async def connect(installation: Installation) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = installation.https.partition(":")
    tls = ssl.create_default_context(cafile=str(installation.data / "public" / "ca.crt"))
    return await asyncio.open_connection(host, int(port), ssl=tls)


async def status(installation: Installation, sent: bytes) -> int:
    """Of the answer; 0 where the server let go instead."""
    reader, writer = await connect(installation)
    try:
        writer.write(sent)
        await writer.drain()
        line = await reader.readline()
        return int(line.split()[1]) if line else 0
    except (ConnectionError, ssl.SSLError):
        return 0
    finally:
        writer.transport.abort()


def bombs() -> dict[str, bytes]:
    """Bodies that look small to who counts bytes, or large to who doesn't."""
    login = b'{"Login":"ada","Password":'
    return {
        "brackets": b"[" * MIB,
        "braces": b'{"a":' * (MIB // 5),
        "one too deep": b"[" * (DEPTH_LIMIT + 1) + b"]" * (DEPTH_LIMIT + 1),
        "many numbers": b"[" + b"1," * (MIB // 2 - 1) + b"1]",
        "one too many": b"[" + b"1," * ELEMENT_LIMIT + b"1]",
        "many names": json.dumps({f"k{i}": i for i in range(40_000)}).encode(),
        "one name often": b"{" + b'"Login":"x",' * 60_000 + b'"Login":"x"}',
        "huge number": login + b"9" * 900_000 + b"}",
        "huge exponent": login + b"1e" + b"9" * 900_000 + b"}",
        "huge fraction": login + b"0." + b"3" * 900_000 + b"}",
        "huge string": login + b'"' + b"x" * 900_000 + b'"}',
        "huge name": b'{"' + b"x" * 900_000 + b'":1}',
        "escapes": login + b'"' + b"\\u0000" * 150_000 + b'"}',
        "quotes": b'"' * MIB,
        "backslashes": b'["' + b"\\" * (MIB - 4) + b'"]',
        "invalid UTF-8": login + b'"' + b"\xff\xfe\xed\xa0\x80" * 100_000 + b'"}',
        "UTF-16": '{"Login":"x"}'.encode("utf-16"),
        "null bytes": b"\x00" * MIB,
        "compressed": zlib.compress(b"[" * 64 * MIB),
        "over the limit": b" " * (BODY_LIMIT + 1),
    }


TOO_LARGE = {"many numbers", "one too many", "many names", "one name often", "over the limit"}


def forms() -> dict[str, bytes]:
    return {
        "many fields": b"&".join(b"f%d=1" % i for i in range(80_000)),
        "one field often": b"&".join([b"Login=x"] * 100_000),
        "separators": b"&" * MIB,
        "encoded": b"Login=" + b"%41" * 300_000,
        "broken encoding": b"Login=" + b"%zz" * 300_000,
        "huge field": b"Login=" + b"x" * 1_000_000 + b"&Password=x",
    }


async def test_bodies(running: Installation) -> None:
    form = "application/x-www-form-urlencoded"
    async with bounded(running):
        for name, body in bombs().items():
            answers = await asyncio.gather(
                *(status(running, request("POST", door, body)) for door in DOORS for _ in "12")
            )
            assert set(answers) <= {0, 400, 401, 413, 415, 429}, (name, answers)
            if name in TOO_LARGE:
                assert answers[0] == 413, name
        for name, body in forms().items():
            answers = await asyncio.gather(
                *(status(running, request("POST", door, body, content_type=form)) for door in DOORS for _ in "12")
            )
            assert set(answers) <= {0, 400, 401, 413, 415, 429}, (name, answers)
            if name in TOO_LARGE:
                assert answers[0] == 413, name


async def test_heads(running: Installation) -> None:
    wide = {f"x{i}": "y" * 100 for i in range(5_000)}
    many = {f"x{i}": "y" for i in range(9_000)}
    sizes = {
        "one header": request("GET", "/api/v1/Health", x="y" * (2 * MIB)),
        "wide": request("GET", "/api/v1/Health", **wide),
        "many": request("GET", "/api/v1/Health", **many),
        "path": request("GET", "/" + "x" * MIB),
        "query": request("GET", "/api/v1/Health?" + "a=b&" * (MIB // 4)),
        "cookie over the limit": request("GET", "/api/v1/UserToken", cookie="a=b; " * (HEAD_BYTES // 5 + 1)),
    }
    async with bounded(running):
        for name, sent in sizes.items():
            answers = await asyncio.gather(*(status(running, sent) for _ in range(20)))
            assert set(answers) <= {0, 400, 414, 431}, (name, answers)
        for cookie in (
            "a" * 60_000,
            "a=" + "b" * 60_000,
            "a=b;" * 15_000,
            "__Host-locum=" + "x" * 60_000,
            '="' * 30_000,
        ):
            sent = request("GET", "/api/v1/UserToken", cookie=cookie)
            answers = await asyncio.gather(*(status(running, sent) for _ in range(20)))
            assert set(answers) <= {401, 403}, (cookie[:9], answers)


async def test_who_never_finishes(running: Installation) -> None:
    """Heads, bodies and chunks that never end, each on many connections at once, for some seconds."""
    chunked = request("POST", "/signinBody", transfer_encoding="chunked")
    beginnings = [
        b"",
        b"GET / HT",
        b"GET /api/v1/Health HTTP/1.1\r\nhost: locum\r\nx: ",
        request("POST", "/signinBody", b"", content_length="1000000") + b'{"Login":"',
        chunked + b"fffff\r\n[",
        chunked + b"1\r\n[\r\n" * 2_000,
        chunked + b"ffffffffffffffff\r\n[",
        request("POST", "/signinBody", content_length="99999999999999999999"),
    ]
    async with bounded(running):
        held = await asyncio.gather(*(slowly(running, beginnings[i % len(beginnings)]) for i in range(240)))
        assert len(held) == 240
        for head, piece in (
            (chunked, b"10000\r\n" + b" " * 0x10000 + b"\r\n"),
            (b"GET /api/v1/Health HTTP/1.1\r\nhost: locum\r\nx: ", b"y" * 0x10000),
            (b"GET /", b"z" * 0x10000),
        ):
            endless = await asyncio.gather(*(flood(running, head, piece) for _ in range(20)))
            assert set(endless) <= {0, 400, 413}


async def slowly(installation: Installation, beginning: bytes) -> None:
    """A drop now and then, for 3 s."""
    _, writer = await connect(installation)
    until = time.monotonic() + 3
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        writer.write(beginning)
        while time.monotonic() < until:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.3)
    writer.transport.abort()


async def flood(installation: Installation, head: bytes, piece: bytes) -> int:
    """32 MiB of pieces, or as many as are taken."""
    reader, writer = await connect(installation)
    with contextlib.suppress(ConnectionError, ssl.SSLError, TimeoutError):
        writer.write(head)
        for _ in range(512):
            writer.write(piece)
            async with asyncio.timeout(2):
                await writer.drain()
    line = b""
    with contextlib.suppress(ConnectionError, ssl.SSLError, TimeoutError):
        async with asyncio.timeout(2):
            line = await reader.readline()
    writer.transport.abort()
    return int(line.split()[1]) if line else 0


async def test_ten_thousand_junk_tokens(running: Installation) -> None:
    """What a token is remembered by, or a denial, must not grow with what strangers make up."""
    dice = random.Random(7)
    async with bounded(running):
        answers = await asyncio.gather(*(junk(running, dice, 500) for _ in range(20)))
    assert [set(found) for found in answers] == [{401}] * 20


async def junk(installation: Installation, dice: random.Random, count: int) -> list[int]:
    """That many requests on one connection; no token comes twice."""
    reader, writer = await connect(installation)
    found = []
    for _ in range(count):
        text = dice.randbytes(120).hex()
        parts = f"{text[:40]}.{text[40:160]}.{text[160:]}"
        token = dice.choice((text, parts, f"locum_ak_{text[:49]}", api_keys.new_key().reveal_text()))
        writer.write(request("GET", "/api/v1/UserToken", authorization=f"Bearer {token}"))
        head = await reader.readuntil(b"\r\n\r\n")
        found.append(int(head.split()[1]))
        length = next(line for line in head.lower().splitlines() if line.startswith(b"content-length"))
        await reader.readexactly(int(length.split()[1]))
    writer.transport.abort()
    return found
