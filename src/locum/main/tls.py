"""The certificate of the HTTPS listener where the operator brings none: a CA of this installation and one leaf."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from locum.api.context import ServerCertificate
from locum.kit.errors import StartError
from locum.kit.files import replace_file
from locum.kit.settings import Settings
from locum.vault.secret import Secret

CA_LIFETIME = dt.timedelta(days=3650)
LEAF_LIFETIME = dt.timedelta(days=397)
RENEW_BEFORE = dt.timedelta(days=30)


def make_ca() -> Secret:
    """A new CA: its key and certificate in one PEM, to be kept in the vault so that all nodes share it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Locum installation CA")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + CA_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(sign_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Secret(_pem(key) + certificate.public_bytes(serialization.Encoding.PEM))


def ca_certificate(ca: Secret) -> bytes:
    """The certificate part of `make_ca`, as PEM."""
    return x509.load_pem_x509_certificate(ca.reveal()).public_bytes(serialization.Encoding.PEM)


def ensure_leaf(ca: Secret, *, certificate: Path, key: Path, names: list[str]) -> None:
    """Write a server certificate for `names` (host names and addresses), unless a good one is there.

    Renewed 30 days before its end, and when a name is missing. The key is never without its certificate: both are
    in one file's worth of renames, key first, and a half-made pair is simply made again.
    """
    if _is_good(certificate, key, names):
        return
    authority = x509.load_pem_x509_certificate(ca.reveal())
    authority_key = serialization.load_pem_private_key(ca.reveal(), None)
    assert isinstance(authority_key, ec.EllipticCurvePrivateKey)
    leaf_key = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    leaf = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])]))
        .issuer_name(authority.subject)
        .public_key(leaf_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + LEAF_LIFETIME)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(leaf_key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
        )
        .sign(authority_key, hashes.SHA256())
    )
    replace_file(key, _pem(leaf_key), mode=0o600)
    replace_file(certificate, leaf.public_bytes(serialization.Encoding.PEM) + ca_certificate(ca), mode=0o644)


def server_context(certificate: Path, key: Path, client_ca: Path | None = None) -> ssl.SSLContext:
    """TLS 1.2 and later with the pair, and the CA of client certificates where there is one.

    Raises StartError if one of them can't be read, or the pair does not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError):
        raise StartError(f"can't use the TLS certificate {certificate} with the key {key}") from None
    if client_ca is not None:
        try:
            context.load_verify_locations(client_ca)
        except (OSError, ssl.SSLError):
            raise StartError(f"can't use {client_ca} as the CA of client certificates") from None
    return context


def certificate_file(settings: Settings) -> Path:
    """The server's certificate: the operator's, or ours."""
    return settings.tls_cert or settings.data_dir / "public" / "tls.crt"


def shown(certificate: Path) -> ServerCertificate | None:
    """For whom a certificate stands, and until when; None where it can't be read."""
    try:
        leaf = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError):
        return None
    names = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return ServerCertificate(str(names[0].value) if names else certificate.name, leaf.not_valid_after_utc)


def local_names(*more: str | None) -> list[str]:
    """The names this machine is reached by, first the loopback ones."""
    names = ["localhost", "127.0.0.1", "::1", socket.gethostname(), *(name for name in more if name)]
    return list(dict.fromkeys(name for name in names if name not in {"", "0.0.0.0", "::"}))  # noqa: S104


def _is_good(certificate: Path, key: Path, names: list[str]) -> bool:
    try:
        leaf = x509.load_pem_x509_certificate(certificate.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), None)
        held = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    fits = private.public_key() == leaf.public_key() and all(_general(name) in held for name in names)
    return fits and leaf.not_valid_after_utc - RENEW_BEFORE > dt.datetime.now(dt.UTC)


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
