"""Answers a browser with the console's files, and hands everything else on to the API.

The console is one page that asks the API for all it shows, so each of its addresses is answered with that page. A
program that mistypes a path of the API gets the API's 404, as it asks for no page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

BUILT: Final = Path(__file__).with_name("built")
"""Where `make setup` and the build of a wheel put the files."""

# The first parts of the API's paths: nothing under them is a page.
API_PARTS: Final = frozenset({"api", "webappapi", "signin", "signinbody", "signin2fa", "sigin2fa"})

_PAGE = re.compile(r"(/[A-Za-z0-9_-]+)*/?")
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
# Scripts and styles come from files of ours alone: nothing that stands in the page runs. The player of recordings
# decodes terminals in WebAssembly, which needs a word of its own; it doesn't allow `eval` (CSP 3, section 6.7.1).
POLICY: Final = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"strict-transport-security", b"max-age=31536000"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"vary", b"accept-encoding"),
]
# A file under assets/ has its content's digest in its name, so it never changes.
_FOR_EVER = b"public, max-age=31536000, immutable"
_ASK_AGAIN = b"no-cache"
_NOT_BUILT = (
    b"The console is not built. `make setup` builds it where node 20.19 or newer and npm are installed;"
    b" packages of Locum have it inside. The API works without it.\n"
)


@dataclass(frozen=True, slots=True)
class File:
    """One file, as it is and compressed by gzip, where that is shorter."""

    kind: str
    plain: bytes
    packed: bytes | None


def load(folder: Path) -> dict[str, File]:
    """Every file that was built, by its path under `folder`; none, if nothing was."""
    found = {}
    for path in folder.rglob("*"):
        kind = _KINDS.get(path.suffix)
        if kind is not None and path.is_file():
            packed = path.with_name(path.name + ".gz")
            compressed = packed.read_bytes() if packed.is_file() else None
            found[path.relative_to(folder).as_posix()] = File(kind, path.read_bytes(), compressed)
    return found


class Console:
    """The console in front of the API `app`."""

    def __init__(self, app: ASGIApp, files: Mapping[str, File]) -> None:
        self._app = app
        self._files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = _path(scope)
        file = None if path is None else self._files.get(path.removeprefix("/"))
        if path is not None and file is None and _is_page(path, scope):
            file = self._files.get("index.html")
            if file is None:
                not_kept = [(b"cache-control", b"no-store")]
                await _send(scope, send, 404, b"text/plain; charset=utf-8", _NOT_BUILT, not_kept)
                return
        if file is None:
            await self._app(scope, receive, send)
            return
        headers = [(b"cache-control", _FOR_EVER if path and path.startswith("/assets/") else _ASK_AGAIN)]
        body = file.plain
        if file.packed is not None and b"gzip" in _header(scope, b"accept-encoding"):
            headers.append((b"content-encoding", b"gzip"))
            body = file.packed
        await _send(scope, send, 200, file.kind.encode(), body, headers)


def _path(scope: Scope) -> str | None:
    """What is to be read, as it was sent: nothing is decoded, so no encoded path is another's."""
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return None
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.decode("latin-1")


def _is_page(path: str, scope: Scope) -> bool:
    """Whether a browser wants to show what is at this address, and it is none of the API's."""
    if path == "/":
        return True
    if not _PAGE.fullmatch(path) or path.split("/")[1].lower() in API_PARTS:
        return False
    return b"text/html" in _header(scope, b"accept")


def _header(scope: Scope, name: bytes) -> bytes:
    return b",".join(value for key, value in scope["headers"] if key == name)


async def _send(
    scope: Scope, send: Send, status: int, kind: bytes, body: bytes, headers: list[tuple[bytes, bytes]]
) -> None:
    length = str(len(body)).encode()
    sent = [*_HEADERS, (b"content-type", kind), (b"content-length", length), *headers]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
