"""The peer of the API rows: the same framework and server, one empty handler, no authentication, no database."""

from __future__ import annotations

import argparse

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_ENCODER = msgspec.json.Encoder()


async def _empty(request: Request) -> Response:
    return Response(_ENCODER.encode([]), media_type="application/json")


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("port", "certificate", "key"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    uvicorn.run(
        Starlette(routes=[Route("/empty", _empty)]),
        host="127.0.0.1",
        port=int(options.port),
        ssl_certfile=options.certificate,
        ssl_keyfile=options.key,
        http="httptools",
        loop="uvloop",
        lifespan="off",
        access_log=False,
        server_header=False,
        log_config=None,
    )


if __name__ == "__main__":
    main()
