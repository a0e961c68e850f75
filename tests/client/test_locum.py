"""The client that waits, against a real server; what it does where the other end is not what it should be."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from uuid import UUID

import pytest

from certificates import make_ca
from locum.client import (
    BadAnswer,
    Conflict,
    Locum,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    NotUnique,
    Unreachable,
    Untrusted,
    exchange,
)
from locum.client.address import Certificate
from secret_server import PASSWORD, SecretServer

NAME = "web01\\deploy"


def test_what_an_application_does(secret_server: SecretServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with secret_server.locum() as locum:
        found = locum.search("deploy")
        assert [(row.username, row.domain) for row in found] == [("deploy", "web01")]
        login = locum.get_secret(NAME)
        assert login.credential_id == found[0].id == UUID(secret_server.ids["deploy"])
        assert login.password is not None
        assert login.password.reveal_text() == PASSWORD
        assert locum.get_secret(found[0].id).password == login.password
        with pytest.raises(NotUnique, match="2 credentials"):
            locum.get_secret("twice")
        with pytest.raises(NotFound):
            locum.get_secret("nobody")
        with pytest.raises(NotFound):
            locum.get_secret(UUID(int=1))
        shown = "".join(map(repr, (locum, login, vars(locum))))
    for secret in (PASSWORD, secret_server.key):
        assert secret not in caplog.text
        assert secret not in shown


def test_a_check_out_is_for_the_block(secret_server: SecretServer) -> None:
    with secret_server.locum() as locum:
        with locum.check_out(NAME, minutes=5, note="test") as lease:
            assert lease.login is not None
            assert lease.login.password is not None
            assert lease.login.password.reveal_text() == PASSWORD
            assert [held.id for held in locum.leases()] == [lease.id]
            assert locum.extend(lease.id, 60).due_at > lease.due_at
            with pytest.raises(Conflict, match="checked out until"), locum.check_out(NAME):
                pass
        with pytest.raises(ZeroDivisionError), locum.check_out(NAME):
            raise ZeroDivisionError
        held = locum.begin_check_out(NAME, exclusive=False)
        assert held.login is None
        locum.check_in(held.id)
        locum.check_in(held.id)
        assert wait_until(lambda: secret_server.live_leases() == 0)


def test_who_may_not(secret_server: SecretServer) -> None:
    with secret_server.locum(api_key="locum_ak_nothing", api_key_file=None) as locum:
        with pytest.raises(NotAuthenticated) as told:
            locum.search()
        assert "nothing" not in str(told.value)
        assert told.value.trace_id
    bounds = {"operations": ["Credential.SearchAsync"]}
    _, robot = secret_server.at.application(secret_server.admin, "searcher", **bounds)
    with secret_server.locum(api_key=robot.authorization, api_key_file=None) as locum:
        assert locum.search("deploy")
        with pytest.raises(NotAllowed, match=r"not for the operation Credential\.GetById"):
            locum.get_secret(NAME)


def test_an_application_with_a_certificate(secret_server: SecretServer, tmp_path: Path) -> None:
    files = Certificate("builder", tmp_path / "c.pem", tmp_path / "k.pem")
    files.certificate.write_bytes(secret_server.certificate.pem)
    files.key.write_bytes(secret_server.certificate.key_pem)
    with secret_server.locum(certificate=files) as locum:
        assert locum.search("deploy")
        locum._proof = type(locum._address.key)("eyJ.a.b")  # a token that has ended
        assert locum.get_secret(NAME).username == "deploy"
    other = Certificate("nobody", files.certificate, files.key)
    with secret_server.locum(certificate=other) as locum, pytest.raises(NotAuthenticated):
        locum.search()


def test_sec_10_a_server_that_nobody_vouches_for(secret_server: SecretServer, tmp_path: Path) -> None:
    for ca_file in (None, wrong_ca(tmp_path)):
        with (
            secret_server.locum(ca_file=ca_file) as locum,
            pytest.raises(Untrusted, match="not trusted"),
        ):
            locum.search()
    name = f"https://localhost:{secret_server.at.https.rpartition(':')[2]}"
    with secret_server.locum(url=name) as locum:
        locum.search()  # a name that is in the certificate


class Rogue(BaseHTTPRequestHandler):
    """Something else at the address: answers what the test says, and notes what it was sent."""

    seen: list[tuple[str, str | None]] = []  # noqa: RUF012
    answers: list[tuple[int, dict[str, str], bytes]] = []  # noqa: RUF012

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers.get("Authorization")))
        status, headers, body = self.answers.pop(0)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def rogue(secret_server: SecretServer) -> Iterator[dict[str, object]]:
    """A server with Locum's own certificate that is not Locum."""
    server = HTTPServer(("127.0.0.1", 0), Rogue)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    data = secret_server.at.data
    context.load_cert_chain(data / "public" / "tls.crt", data / "keys" / "tls.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    Rogue.seen, Rogue.answers = [], []
    yield secret_server.where(url=f"https://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_key_follows_no_redirect(rogue: dict[str, object], secret_server: SecretServer) -> None:
    Rogue.answers = [(302, {"Location": f"https://{secret_server.at.https}/"}, b"")]
    with Locum(**rogue) as locum, pytest.raises(BadAnswer):  # type: ignore[arg-type]
        locum.search()
    assert len(Rogue.seen) == 1


def test_it_comes_again_when_told(rogue: dict[str, object]) -> None:
    fine = b'{"data": [], "recordsTotal": 0}'
    Rogue.answers = [(503, {"Retry-After": "0"}, b""), (429, {}, b""), (200, {}, fine)]
    with Locum(**rogue) as locum:  # type: ignore[arg-type]
        assert locum.search() == []
    assert len(Rogue.seen) == 3


def test_nobody_there_and_one_who_says_nothing(
    secret_server: SecretServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "FIRST_PAUSE_S", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        where = secret_server.where(url=f"https://127.0.0.1:{port}", timeout=0.1)
        with Locum(**where) as locum, pytest.raises(Unreachable, match="took too long"):
            locum.search()
    with Locum(**where) as locum, pytest.raises(Unreachable, match="can't be reached"):
        locum.search()


def test_the_environment_s_proxy_is_not_asked(
    secret_server: SecretServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, "http://127.0.0.1:9" if "PROXY" in name else "/nowhere")
    with secret_server.locum() as locum:
        assert locum.search("deploy")


def wrong_ca(folder: Path) -> Path:
    file = folder / "ca.pem"
    file.write_bytes(make_ca().pem)
    return file


def wait_until(said: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not said():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
