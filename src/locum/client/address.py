"""Where the server is, who calls, and whom to trust: from arguments, else from the environment."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from locum.client.errors import Misconfigured
from locum.client.values import Secret

DEFAULT_URL = "https://127.0.0.1:6500"


@dataclass(frozen=True, slots=True)
class Certificate:
    """With which an application signs in besides its key: its name, and PEM files."""

    application: str
    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Address:
    """All a connection needs. The API key has no repr."""

    url: str
    key: Secret
    trust: ssl.SSLContext
    certificate: Certificate | None


def address(
    url: str | None,
    api_key: str | Secret | None,
    api_key_file: str | Path | None,
    ca_file: str | Path | None,
    certificate: Certificate | None,
) -> Address:
    """What is None comes from LOCUM_URL, LOCUM_API_KEY_FILE or LOCUM_API_KEY, and LOCUM_CA_FILE. Raises Misconfigured.

    Certificates are always checked, against the CA file or else the system's CAs.
    """
    where, trust = server(url), trusted(ca_file, certificate)
    return Address(where, _key(api_key, api_key_file), trust, certificate)


def server(url: str | None) -> str:
    """The server's address, else LOCUM_URL. Raises Misconfigured."""
    where = url or os.environ.get("LOCUM_URL") or DEFAULT_URL
    parts = urlsplit(where)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise Misconfigured("the address of the server must be https://HOST or https://HOST:PORT")
    return where.rstrip("/")


def trusted(ca_file: str | Path | None, certificate: Certificate | None = None) -> ssl.SSLContext:
    """Whom to trust: the CA file, else LOCUM_CA_FILE, else the system's CAs. Raises Misconfigured."""
    file = ca_file or os.environ.get("LOCUM_CA_FILE") or None
    try:
        trust = ssl.create_default_context(cafile=file)
        if certificate is not None:
            trust.load_cert_chain(certificate.certificate, certificate.key)
    except OSError as error:  # ssl.SSLError is one
        raise Misconfigured(f"a certificate file can't be used: {error.strerror or error}") from None
    return trust


def serial_of(certificate: Path) -> str:
    """The serial number of a PEM certificate as the server compares it."""
    from cryptography import x509

    return f"{x509.load_pem_x509_certificate(certificate.read_bytes()).serial_number:X}"


def _key(given: str | Secret | None, file: str | Path | None) -> Secret:
    if given is None and file is None:
        file = os.environ.get("LOCUM_API_KEY_FILE") or None
        given = os.environ.get("LOCUM_API_KEY") if file is None else None
    if file is not None:
        try:
            given = Secret(Path(file).read_bytes().strip())
        except OSError as error:
            raise Misconfigured(f"can't read the file with the API key: {error.strerror}") from None
    key = given if isinstance(given, Secret) else Secret((given or "").strip())
    if not key.reveal():
        raise Misconfigured("there is no API key: set LOCUM_API_KEY_FILE to a file that holds it")
    if not key.reveal().isascii() or any(byte <= 32 for byte in key.reveal()):
        raise Misconfigured("what was given is no API key")
    return key
