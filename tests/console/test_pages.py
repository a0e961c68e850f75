"""The console's files and what is served at which address."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

from locum.api.app import all_routes
from locum.console.pages import API_PARTS, POLICY, Console, load
from raw_http import ask

pytestmark = pytest.mark.anyio
SCRIPT = b"console.log(1);" * 100
PAGE = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def api(scope: Scope, receive: Receive, send: Send) -> None:
    """Stands behind the console, and answers nothing that the console does."""
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b"the API"})


@pytest.fixture
def console(tmp_path: Path) -> Console:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<html></html>")
    (tmp_path / "assets" / "main-1a2b.js").write_bytes(SCRIPT)
    (tmp_path / "assets" / "main-1a2b.js.gz").write_bytes(gzip.compress(SCRIPT))
    (tmp_path / "notes.txt").write_text("not a kind of file that is served")
    return Console(api, load(tmp_path))


@pytest.mark.parametrize(
    "path", ["/", "/access", "/sessions/1b4e28ba-2fa1-11d2-883f-0016d3cca427", "/admin/keys/"]
)
async def test_every_page_is_the_one_page(console: Console, path: str) -> None:
    answer = await ask(console, "GET", path.encode(), headers=PAGE)
    assert (answer.status, answer.body) == (200, b"<html></html>")
    found = dict(answer.headers)
    assert found[b"content-security-policy"].decode() == POLICY
    assert found[b"cache-control"] == b"no-cache"
    assert found[b"strict-transport-security"] == b"max-age=31536000"
    assert found[b"x-content-type-options"] == b"nosniff"


@pytest.mark.parametrize(
    "path", ["/api", "/api/v1/nothing", "/API/v1/x", "/signin", "/signinBody", "/webappapi/x"]
)
async def test_the_api_s_paths_are_no_pages(console: Console, path: str) -> None:
    assert (await ask(console, "GET", path.encode(), headers=PAGE)).body == b"the API"


async def test_no_path_of_the_api_is_a_page() -> None:
    parts = {path.split("/")[1].lower() for route in all_routes() for path in route.operation.paths}
    assert parts == API_PARTS


@pytest.mark.parametrize(
    "path",
    ["/notes.txt", "/../pages.py", "/assets/none.js", "/%2e%2e/pages.py", "//index.html", "/.env", "/index.htm"],
)
async def test_what_is_no_file_and_no_page_goes_to_the_api(console: Console, path: str) -> None:
    assert (await ask(console, "GET", path.encode(), headers=PAGE)).body == b"the API"


async def test_a_program_gets_the_api_s_answer_for_a_mistyped_path(console: Console) -> None:
    assert (await ask(console, "GET", b"/ap/v1/Health", headers={"accept": "*/*"})).body == b"the API"
    assert (await ask(console, "POST", b"/access", headers=PAGE)).body == b"the API"


async def test_a_file_is_sent_compressed_to_who_takes_it(console: Console) -> None:
    packed = await ask(console, "GET", b"/assets/main-1a2b.js", headers={"accept-encoding": "gzip, br"})
    plain = await ask(console, "GET", b"/assets/main-1a2b.js")
    assert gzip.decompress(packed.body) == plain.body == SCRIPT
    assert dict(packed.headers)[b"content-encoding"] == b"gzip"
    assert b"immutable" in dict(plain.headers)[b"cache-control"]
    assert dict(plain.headers)[b"content-type"] == b"text/javascript; charset=utf-8"


async def test_head_has_no_body(console: Console) -> None:
    answer = await ask(console, "HEAD", b"/", headers=PAGE)
    assert (answer.status, answer.body) == (200, b"")


async def test_without_files_it_says_so(tmp_path: Path) -> None:
    empty = Console(api, load(tmp_path))
    answer = await ask(empty, "GET", b"/", headers=PAGE)
    assert answer.status == 404
    assert answer.body.startswith(b"The console is not built.")
    assert (await ask(empty, "GET", b"/api/v1/Health")).body == b"the API"
