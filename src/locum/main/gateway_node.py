"""`locum gateway`: the SSH gateway alone, on PostgreSQL, beside the nodes of `locum serve`.

It has no API, does no jobs, seals no audit log, and changes neither schema nor shared keys: where the schema is not
that of its version, it does not start. What it left in a crash it settles when it comes again; else another node does.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from contextlib import AsyncExitStack, ExitStack

import structlog
import uvloop

from locum.kit import pause
from locum.kit.db import Database, open_database
from locum.kit.errors import StartError
from locum.kit.settings import Settings
from locum.kit.wake import Wake
from locum.main import keys
from locum.main.gateway_parts import GatewayParts, gateway_parts, sign_in_parts
from locum.main.migrate import is_current
from locum.main.node import node_name
from locum.main.one_process import alone_on
from locum.main.process import cancel, listen, set_up, until_told
from locum.main.root_keys import open_vault
from locum.vault.store import Vault

KEEP_INTERVAL_S = 10.0

log = structlog.get_logger("locum")


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises StartError before anything has started."""
    set_up()
    with ExitStack() as stack:
        vault, database = _open(settings, stack)
        ssh = listen(settings.ssh, "--ssh")
        stack.callback(ssh.close)
        shared = database.submit_read(keys.load_shared, vault).result()
        people = sign_in_parts(database, vault, shared)
        stack.callback(people.hasher.close)
        node = node_name(settings.data_dir)
        parts = gateway_parts(settings, database, vault, people.signin, Wake(), shared, node=node)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            told = runner.run(_serve(parts, ssh))
    if not told:
        sys.exit(1)  # whoever watches over the process should start it again


def _open(settings: Settings, stack: ExitStack) -> tuple[Vault, Database]:
    if settings.database.startswith("sqlite"):
        raise StartError(
            "locum gateway needs PostgreSQL, which it shares with locum serve: name it with --database-url"
        )
    vault = open_vault(settings)
    alone_on(settings.data_dir, stack, refusal=f"another process of Locum is running on {settings.data_dir}")
    database = open_database(settings.database)
    stack.callback(database.close)
    if not is_current(database):
        raise StartError("the database is not of this version of Locum: start locum serve of this version first")
    return vault, database


async def _serve(parts: GatewayParts, ssh: socket.socket) -> bool:
    """True when a signal ended it, False when a part of it died."""
    settings = parts.settings
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if await parts.db.read(pause.current) is None:
        await parts.take_up()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(parts.recorder.stop)
        await parts.open(ssh)
        vital = [*parts.tasks(), asyncio.create_task(_keep(parts), name="retention")]
        stack.push_async_callback(parts.leave)
        stack.push_async_callback(cancel, vital)
        log.info("the gateway is ready", ssh=settings.ssh, node=parts.node)
        told = await until_told(stop, vital)
        log.info("the gateway is stopping", drain_timeout=settings.drain_timeout)
        await parts.close(settings.drain_timeout)
    log.info("the gateway has stopped")
    return told


async def _keep(parts: GatewayParts) -> None:
    """Delete recordings that were kept for long enough, for ever."""
    while True:
        try:
            if await parts.db.read(pause.current) is None:
                await parts.forget_recordings()
        except Exception:
            log.exception("old recordings can't be deleted")
        await asyncio.sleep(KEEP_INTERVAL_S)
