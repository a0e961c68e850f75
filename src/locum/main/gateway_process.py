"""A gateway process: SSH connections on one core more, for a server that has the database (`gateway_processes.py`).

It holds no root key and no database, and whatever it wants of them it asks for. It ends with the process that started
it: without that nothing can be written down, and what lies open is settled by whoever starts next.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import structlog
import uvloop

from locum.gateway.ssh.connection import Rooms
from locum.gateway.ssh.gateway import SshGateway
from locum.gateway.ssh.transport import ServerConnection
from locum.main import gateway_link as say
from locum.main import keys
from locum.main.gateway_assist import Assistants
from locum.main.gateway_far import FarRooms
from locum.main.gateway_link import Link, OfAssistant, ToGateway
from locum.main.process import set_up
from locum.recordings.store import Store
from locum.recordings.writer import Recorder

_PR_SET_PDEATHSIG = 1  # linux/prctl.h

log = structlog.get_logger("locum")


def main(link_end: int, hand: int) -> None:
    """Both are descriptors that this process was started with: `hand` is where clients come from."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # sent to the whole service; the other end says when to drain
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    set_up()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(socket.socket(fileno=link_end), socket.socket(fileno=hand)))


async def _run(end: socket.socket, hand: socket.socket) -> None:
    link: Link[ToGateway] = await Link.over(end, ToGateway)
    start = await link.receive()
    if not isinstance(start, say.Start):
        return
    recorder = Recorder(
        Store(Path(start.recordings)),
        keys.signing_key(start.recording_key),
        most_bytes=start.most_bytes,
        ends_open=start.ends_open,
        shared=True,
    )
    rooms = FarRooms(link)
    gateway = SshGateway(Rooms(rooms, recorder), rooms, host_key=start.host_key, host="", port=0)
    taking = asyncio.create_task(_take(hand, gateway.clients()))
    link.send(say.Ready())
    drain: asyncio.Future[float] = asyncio.get_running_loop().create_future()
    hearing = asyncio.create_task(_hear(link, rooms, Assistants(gateway, link), drain))
    timeout = await drain
    taking.cancel()
    await gateway.stop(timeout)
    await recorder.stop()
    hearing.cancel()


async def _take(hand: socket.socket, clients: Callable[[], ServerConnection]) -> None:
    """Serve whoever is handed over, until cancelled."""
    loop = asyncio.get_running_loop()
    hand.setblocking(False)
    news = asyncio.Event()
    loop.add_reader(hand, news.set)
    try:
        while True:
            await news.wait()
            news.clear()
            try:
                _, descriptors, _, _ = socket.recv_fds(hand, 1, 1)
                for descriptor in descriptors:
                    await loop.connect_accepted_socket(clients, socket.socket(fileno=descriptor))
            except BlockingIOError:
                continue
            except Exception:  # The outermost boundary: the next client is taken all the same.
                log.exception("a client that was handed over could not be taken")
    finally:
        loop.remove_reader(hand)


async def _hear(
    link: Link[ToGateway], rooms: FarRooms, assistants: Assistants, drain: asyncio.Future[float]
) -> None:
    """What the other end says, for as long as it is there."""
    with contextlib.suppress(ValueError):  # what is no message is as good as nobody
        while (message := await link.receive()) is not None:
            try:
                if isinstance(message, say.Drain):
                    drain.set_result(message.timeout)
                elif isinstance(message, OfAssistant):
                    assistants.heard(message)
                else:
                    rooms.heard(message)
            except Exception:  # The outermost boundary: news of one connection must not keep it from the others.
                log.exception("news of a connection could not be passed on")
    os._exit(1)  # nothing is closed on the way: what was not written down must not look as if it had been


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
