"""AUTH-18 from outside: applications at a real server with `--client-ca`, by curl and by Python's own TLS."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from demo.client import Client, Refused

from certificates import Certificate, make_ca, make_client
from installation import LOCUM, USER, USER_PASSWORD, Installation

PATH = "/WebAppApi/api/v1/AppUserToken"
SEARCH = "/api/v1/ManagedAccount/Search"
SIGN_INS = "/api/locum/v1/SignIn"
CA = make_ca()
INVENTORY = make_client(CA)


@dataclass
class Door:
    """A running server with a CA of client certificates, and an application that is known there."""

    made: Installation
    admin: Client
    key: str

    def application(self, name: str, serial: str) -> str:
        """A new application's API key."""
        view = {"name": name, "certificateSerialNumber": serial}
        made = self.admin.call("POST", "/api/v1/ManagedAccount/CreateApplicationUser", view)["id"]
        self.admin.call("PUT", f"/api/v1/ManagedAccount/GenerateApiKey/{made}")
        return str(self.admin.call("GET", f"/api/v1/ManagedAccount/RevealApiKey/{made}"))

    def files(self, certificate: Certificate) -> tuple[Path, Path]:
        """The certificate and its key, each in a file."""
        folder = self.made.data.parent
        name = f"{certificate.certificate.serial_number:x}"
        pair = folder / f"{name}.pem", folder / f"{name}.key"
        pair[0].write_bytes(certificate.pem)
        pair[1].write_bytes(certificate.key_pem)
        return pair

    def tls(self, certificate: Certificate | None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.made.data / "public" / "ca.crt"))
        if certificate is not None:
            context.load_cert_chain(*self.files(certificate))
        return context

    def http(self, certificate: Certificate | None = INVENTORY) -> httpx.Client:
        return httpx.Client(base_url=f"https://{self.made.https}", verify=self.tls(certificate), timeout=30)

    def wire(self, context: ssl.SSLContext, session: ssl.SSLSession | None = None) -> ssl.SSLSocket:
        host, port = self.made.https.split(":")
        plain = socket.create_connection((host, int(port)), timeout=20)
        return context.wrap_socket(plain, server_hostname=host, session=session)

    def sent(self, **changes: str) -> dict[str, str]:
        right = {"login": "inventory", "password": self.key, "certificateSerialNumber": INVENTORY.serial}
        return {**right, **changes}

    def curl(self, certificate: Certificate | None = INVENTORY) -> subprocess.CompletedProcess[str]:
        """The call as documents show it; status and body as curl prints them."""
        pair = self.files(certificate) if certificate else None
        shown = ["--cert", str(pair[0]), "--key", str(pair[1])] if pair else []
        command = ["curl", "--silent", "--show-error", "--cacert", str(self.made.data / "public" / "ca.crt"), *shown,
                   "-H", "Content-Type: application/json", "--data", "@-", "--write-out", "\n%{http_code}",
                   f"https://{self.made.https}{PATH}"]  # fmt: skip
        return subprocess.run(
            command, input=json.dumps(self.sent()), capture_output=True, text=True, timeout=30, check=False
        )


@pytest.fixture(scope="module")
def ca_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    file.write_bytes(CA.pem)
    return file


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, ca_file: Path) -> Iterator[Door]:
    made = Installation(tmp_path_factory.mktemp("door") / "data")
    made.prepare()
    made.start([LOCUM, "serve", "--client-ca", str(ca_file)])
    door = Door(made, made.admin(), "")
    door.key = door.application("inventory", INVENTORY.serial)
    yield door
    assert made.stop() == 0, made.log()


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """Prepared, and not running."""
    made = Installation(tmp_path_factory.mktemp("idle") / "data")
    made.prepare()
    return made


def answered(wire: ssl.SSLSocket, *requests: tuple[str, str, Any]) -> list[tuple[int, Any]]:
    """Send all requests at once down one connection; status and decoded body of each answer."""
    sent = b""
    for method, path, body in requests:
        content = json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: locum\r\nContent-Type: application/json\r\n"
        sent += head.encode() + f"Content-Length: {len(content)}\r\n\r\n".encode() + content
    wire.sendall(sent)
    found = []
    with wire.makefile("rb") as lines:
        for _ in requests:
            status = int(lines.readline().split()[1])
            headers = {}
            while (line := lines.readline()) != b"\r\n":
                name, _, value = line.partition(b":")
                headers[name.lower()] = value.strip()
            found.append((status, json.loads(lines.read(int(headers[b"content-length"])))))
    return found


def refused_by_tls(door: Door, certificate: Certificate) -> None:
    """Neither curl nor Python gets any answer of HTTP, and the server serves the next one."""
    done = door.curl(certificate)
    # With TLS 1.3 the client is done before the server has looked, and meets the end only when it waits for an answer.
    assert done.returncode in (35, 52, 56), (done.returncode, done.stdout, done.stderr)
    assert done.stdout.strip() == "000"
    with pytest.raises(httpx.TransportError), door.http(certificate) as http:
        http.post(PATH, json=door.sent())
    assert door.made.healthy()
    assert door.curl().stdout.endswith("\n200")


def test_auth_18_the_three_proofs_give_a_token_that_works(door: Door) -> None:
    done = door.curl()
    assert done.returncode == 0, done.stderr
    body, _, status = done.stdout.rpartition("\n")
    assert status == "200"
    with door.http() as http:
        tokens = [json.loads(body), http.post(PATH, json=door.sent()).json()]
    for token in tokens:
        client = door.made.client()
        client.authorization = f"Bearer {token}"
        assert "inventory" in [row["name"] for row in client.call("GET", SEARCH)["data"]]
        assert client.call("GET", f"{SIGN_INS}/Current")["roles"] == ["App"]
        renewed = client.call("GET", "/api/v1/UserToken")
        assert renewed not in tokens


def test_the_token_alone_is_enough_on_any_connection(door: Door) -> None:
    """As for people: the certificate proves who asks for a token, the token is used by whoever holds it."""
    with door.http() as http, door.http(None) as plain, door.http(make_client(CA, "other")) as other:
        token = http.post(PATH, json=door.sent()).json()
        bearer = {"Authorization": f"Bearer {token}"}
        for connection in (plain, other):
            assert connection.get(SEARCH, headers=bearer).status_code == 200
            assert connection.get("/api/v1/UserToken", headers=bearer).status_code == 200


def test_without_a_certificate_it_says_what_is_missing(door: Door) -> None:
    done = door.curl(None)
    body, _, status = done.stdout.rpartition("\n")
    assert (done.returncode, status) == (0, "401")
    assert "--client-ca" in json.loads(body)["detail"]
    assert door.key not in body


def test_the_ca_s_certificate_for_another_application_is_not_enough(door: Door) -> None:
    other = make_client(CA, "inventory")
    with door.http(other) as http:
        for serial in (INVENTORY.serial, other.serial):
            assert http.post(PATH, json=door.sent(certificateSerialNumber=serial)).status_code == 401
    with door.http() as http:
        assert http.post(PATH, json=door.sent(certificateSerialNumber=other.serial)).status_code == 401
        assert http.post(PATH, json=door.sent()).status_code == 200


def test_a_certificate_of_another_ca_ends_the_handshake(door: Door) -> None:
    same_name = make_ca()  # the subject of the right CA, with another key
    serial = INVENTORY.certificate.serial_number
    for ca in (same_name, make_ca("stranger")):
        refused_by_tls(door, make_client(ca, serial=serial))


def test_an_expired_certificate_ends_the_handshake(door: Door) -> None:
    refused_by_tls(door, make_client(CA, expired=True, serial=INVENTORY.certificate.serial_number))


def test_a_certificate_for_servers_ends_the_handshake(door: Door) -> None:
    refused_by_tls(door, make_client(CA, usage=ExtendedKeyUsageOID.SERVER_AUTH))


def test_a_certificate_that_signed_itself_ends_the_handshake(door: Door) -> None:
    refused_by_tls(door, make_ca("inventory"))


def test_the_certificate_belongs_to_its_connection(door: Door) -> None:
    """Many requests on each of three connections, by turns: each has its own certificate, and none another's."""
    body = door.sent()
    with door.http() as right, door.http(None) as none, door.http(make_client(CA, "other")) as other:
        for _ in range(4):
            assert right.post(PATH, json=body).status_code == 200
            assert "--client-ca" in none.post(PATH, json=body).json()["detail"]
            assert "--client-ca" not in other.post(PATH, json=body).json()["detail"]


def test_requests_sent_at_once_down_one_connection(door: Door) -> None:
    asked = [("POST", PATH, door.sent()), ("GET", "/api/v1/Health", None)] * 3
    with door.wire(door.tls(INVENTORY)) as right, door.wire(door.tls(None)) as none:
        assert [status for status, _ in answered(right, *asked)] == [200] * 6
        assert [status for status, _ in answered(none, *asked)] == [401, 200] * 3
        assert [status for status, _ in answered(right, *asked)] == [200] * 6


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_connection_that_is_taken_up_again(door: Door, version: ssl.TLSVersion) -> None:
    """A resumed TLS session goes on with the certificate it began with; one begun without has none."""
    asked = ("POST", PATH, door.sent())
    for certificate, status in ((INVENTORY, 200), (None, 401)):
        context = door.tls(certificate)
        context.minimum_version = context.maximum_version = version
        with door.wire(context) as first:
            assert answered(first, asked)[0][0] == status
            session = first.session
        with door.wire(context, session) as again:
            assert answered(again, asked)[0][0] == status
            assert again.session_reused


def test_headers_that_name_a_certificate_are_not_believed(door: Door) -> None:
    pem = INVENTORY.pem.decode().replace("\n", "%0A")
    with door.http(None) as http:
        for name in ("X-SSL-Cert", "X-Client-Cert", "Client-Cert", "X-ARR-ClientCert", "SSL-Client-Cert"):
            assert http.post(PATH, json=door.sent(), headers={name: pem}).status_code == 401


def test_people_and_browsers_without_a_certificate_are_served_as_before(door: Door) -> None:
    sent = {"managedAccountView": {"name": USER}, "localUserPasswordChangeRequest": {"passwordNew": USER_PASSWORD}}
    door.admin.call("POST", "/api/v1/ManagedAccount/CreateLocalUser", sent)
    assert door.made.user().call("GET", f"{SIGN_INS}/Current")["name"] == USER
    for certificate in (None, INVENTORY):  # a browser may have one to show, and need not
        with door.http(certificate) as http:
            first = http.post("/signinBody", json={"Login": USER, "Password": USER_PASSWORD}).json()
            http.post("/signin2fa", content="0", headers={"Authorization": f"Bearer {first}"})
            own = {"Sec-Fetch-Site": "same-origin"}
            assert http.get(f"{SIGN_INS}/Current", headers=own).json()["name"] == USER


@pytest.mark.parametrize(
    ("number", "kept", "presented"),
    [
        (0x0A0B0C, "0A0B0C", "a0b0c"),
        (0x0A0B0C, "A0B0C", "000a0b0c"),
        (0xF00D, "00F00D", "f0:0d"),
        (0xF00D, "f00d", "00:F0:0D"),
        (1 << 158 | 0xAB, f"{1 << 158 | 0xAB:x}", f"00{1 << 158 | 0xAB:X}"),
        (7, "07", "7"),
    ],
)
def test_serial_numbers_as_tools_print_them(door: Door, number: int, kept: str, presented: str) -> None:
    name = f"serial {kept} {presented}".replace(":", "-")[:100]
    key = door.application(name, kept)
    with door.http(make_client(CA, name[:60], serial=number)) as http:
        asked = {"login": name, "password": key, "certificateSerialNumber": presented}
        assert http.post(PATH, json=asked).status_code == 200
        for wrong in (f"{number + 1:X}", f"{number:X}0", "", "-1", "0x7"):
            assert http.post(PATH, json={**asked, "certificateSerialNumber": wrong}).status_code == 401


@pytest.mark.parametrize("way", [pytest.param("variable", marks=pytest.mark.full), "file"])
def test_the_ca_from_a_variable_and_from_the_file(tmp_path: Path, ca_file: Path, way: str) -> None:
    made = Installation(tmp_path / "data")
    made.prepare()
    made.start()
    door = Door(made, made.admin(), "")
    door.key = door.application("inventory", INVENTORY.serial)
    # No CA yet: the server asks for no certificate, so curl's is not even sent.
    for certificate in (INVENTORY, make_client(make_ca()), None):
        body, _, status = door.curl(certificate).stdout.rpartition("\n")
        assert status == "401"
        assert "--client-ca" in json.loads(body)["detail"]
    made.stop()
    if way == "file":
        (made.data / "locum.toml").write_text(f'client_ca = "{ca_file}"\n')
    made.start(env={"LOCUM_CLIENT_CA": str(ca_file)} if way == "variable" else None)
    assert door.curl().stdout.endswith("\n200"), made.log()
    assert made.stop() == 0


@pytest.mark.parametrize(
    "what",
    ["missing", "key", *(pytest.param(one, marks=pytest.mark.full) for one in ("folder", "empty", "text", "der"))],
)
def test_a_ca_that_can_t_be_used_is_one_line(idle: Installation, tmp_path: Path, what: str) -> None:
    file = tmp_path / "ca"
    match what:
        case "folder":
            file.mkdir()
        case "empty" | "text" | "key" | "der":
            file.write_bytes({"empty": b"", "text": b"hello\n", "key": CA.key_pem, "der": CA.der}[what])
    done = idle.locum("serve", "--https", "127.0.0.1:0", "--ssh", "127.0.0.1:0", "--client-ca", str(file))
    assert done.returncode == 2, done.stderr
    assert done.stderr == f"locum: can't use {file} as the CA of client certificates\n"


def test_a_token_ends_with_the_key_behind_it(door: Door) -> None:
    certificate = make_client(CA, "short")
    key = door.application("short lived", certificate.serial)
    with door.http(certificate) as http:
        asked = door.sent(login="short lived", password=key, certificateSerialNumber=certificate.serial)
        client = door.made.client()
        client.authorization = f"Bearer {http.post(PATH, json=asked).json()}"
        assert client.call("GET", SEARCH)
        (account,) = door.admin.call("GET", f"{SEARCH}?filterText=short lived".replace(" ", "%20"))["data"]
        door.admin.call("PUT", f"/api/v1/ManagedAccount/GenerateApiKey/{account['id']}")
        with pytest.raises(Refused) as refusal:
            client.call("GET", SEARCH)
        assert refusal.value.status == 401
        assert http.post(PATH, json=asked).status_code == 401
