"""`locum serve`: API, SSH gateway, worker and audit sealer in one process.

Nothing is half-started: what can fail (settings, keys, schema, ports) is tried before anything runs, and a failure
there is one line and exit status 2. Order of the end: stop accepting, give connections a reason, let requests and
connections finish for at most the drain time, stop the worker, seal the audit log, close the database.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import structlog
import uvicorn
import uvloop

from locum.api.app import create_app
from locum.audit.sealer import Sealer
from locum.console import pages
from locum.kit.db import Database, open_database
from locum.kit.errors import StartError
from locum.kit.settings import Settings
from locum.main import tls
from locum.main.admin_socket import AdminSocket
from locum.main.compose import Node, compose
from locum.main.http_protocol import BoundedProtocol
from locum.main.migrate import is_prepared, migrate
from locum.main.one_process import alone_on
from locum.main.prepare import complete, publish
from locum.main.process import cancel, listen, set_up, until_told
from locum.main.root_keys import open_vault
from locum.notices.model import MailSetup
from locum.notices.outbox import announce
from locum.notices.smtp import mail_server
from locum.vault.store import Vault

SWEEP_INTERVAL_S = 10.0
STATISTICS_INTERVAL_S = 1800.0
MESSAGE_BYTES = 64 * 1024  # of a WebSocket

log = structlog.get_logger("locum")


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises StartError before anything has started."""
    set_up()
    with ExitStack() as stack:
        vault, database = _open(settings, stack)
        https = listen(settings.https, "--https")
        stack.callback(https.close)
        ssh = listen(settings.ssh, "--ssh")
        stack.callback(ssh.close)
        node = compose(settings, database, vault)
        context = _tls(settings)
        database.submit_write(announce, _mail_setup(settings)).result()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            told = runner.run(_serve(node, https, ssh, context))
    if not told:
        sys.exit(1)  # whoever watches over the process should start it again


def _open(settings: Settings, stack: ExitStack) -> tuple[Vault, Database]:
    vault = open_vault(settings)
    # Two servers on one data directory would take each other's work for their own.
    alone_on(settings.data_dir, stack, refusal=f"another locum serve is running on {settings.data_dir}")
    database = open_database(settings.database)
    stack.callback(database.close)
    if not is_prepared(database):
        raise StartError("the database was never initialised: run locum init first")
    migrate(database)
    database.gather_statistics()
    database.submit_write(complete, vault).result()
    publish(database, vault, settings)
    return vault, database


def _mail_setup(settings: Settings) -> MailSetup | None:
    """What every node queues mails under from now on. Raises StartError where the server's settings can't be used."""
    server = mail_server(settings)
    if server is None:
        return None
    server.check()
    return MailSetup(server.sender, (settings.public_url or "").rstrip("/"), settings.mail_alarm_to)


def _tls(settings: Settings) -> tuple[Path, Path]:
    certificate = tls.certificate_file(settings)
    key = settings.tls_key or settings.data_dir / "keys" / "tls.key"
    tls.server_context(certificate, key, settings.client_ca)
    return certificate, key


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: `_serve` below decides when it ends."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(node: Node, https: socket.socket, ssh: socket.socket, pair: tuple[Path, Path]) -> bool:
    """True when a signal ended it, False when a part of it died."""
    settings = node.settings
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await node.take_up()
    server = _Server(
        uvicorn.Config(
            pages.Console(create_app(node.api), pages.load(pages.BUILT)),
            ssl_certfile=pair[0],
            ssl_keyfile=pair[1],
            # Asked for, not demanded: people have none. TLS refuses one that the CA has not signed.
            ssl_ca_certs=str(settings.client_ca) if settings.client_ca else None,
            ssl_cert_reqs=ssl.CERT_OPTIONAL if settings.client_ca else ssl.CERT_NONE,
            log_config=None,
            access_log=False,
            server_header=False,
            http=BoundedProtocol,
            ws="websockets-sansio",
            ws_max_size=MESSAGE_BYTES,
            # Compression would let one small message become a large one, and tells lengths to who listens.
            ws_per_message_deflate=False,
            lifespan="off",
            timeout_graceful_shutdown=max(int(settings.drain_timeout), 1),
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
        )
    )
    async with AsyncExitStack() as stack:
        stack.callback(node.hasher.close)
        stack.callback(node.hosts.close)
        stack.push_async_callback(node.api.usage.flush)
        stack.push_async_callback(node.gateways.recorder.stop)
        sealing = asyncio.create_task(node.sealer.run())
        stack.push_async_callback(_end_sealing, node.sealer, sealing)
        background = [
            asyncio.create_task(node.worker.run(), name="worker"),
            asyncio.create_task(node.sweep(SWEEP_INTERVAL_S), name="sweep"),
            asyncio.create_task(node.api.usage.run(), name="usage"),
            asyncio.create_task(_keep_statistics(node.db), name="statistics"),
        ]
        stack.push_async_callback(node.gateways.leave)
        stack.push_async_callback(cancel, background)
        admin = AdminSocket(node)
        await admin.start()
        stack.push_async_callback(admin.stop)
        await node.gateways.open(ssh)
        background += node.gateways.tasks()
        serving = asyncio.create_task(server.serve([https]), name="api")
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn offers no event
            await asyncio.sleep(0.01)
        node.ready = True
        log.info("locum is ready", https=settings.https, ssh=settings.ssh)
        if settings.mail_server is None:
            log.info("mail is not set up: approvers and requesters are told nothing (see --mail-server)")
        told = await until_told(stop, [serving, *background])
        node.ready = False
        log.info("locum is stopping", drain_timeout=settings.drain_timeout)
        server.should_exit = True
        await asyncio.gather(node.gateways.close(settings.drain_timeout), serving, return_exceptions=True)
    log.info("locum has stopped")
    return told


async def _keep_statistics(database: Database) -> None:
    while True:
        await asyncio.sleep(STATISTICS_INTERVAL_S)
        try:
            await asyncio.to_thread(database.gather_statistics)
        except Exception:
            log.exception("statistics can't be gathered")


async def _end_sealing(sealer: Sealer, sealing: asyncio.Task[None]) -> None:
    await cancel([sealing])
    await sealer.close()
