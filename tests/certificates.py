"""A CA of client certificates as an operator would have one, and certificates it signs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Certificate:
    """PEM of a certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def serial(self) -> str:
        """As .NET prints it: whole bytes, big-endian, capitals."""
        number = self.certificate.serial_number
        return number.to_bytes((number.bit_length() + 8) // 8).hex().upper()


def make_ca(name: str = "test CA") -> Certificate:
    return _sign(name, None, x509.BasicConstraints(ca=True, path_length=0), [])


def make_client(
    ca: Certificate, name: str = "inventory", *, usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.CLIENT_AUTH,
    expired: bool = False, serial: int | None = None,
) -> Certificate:  # fmt: skip
    extended = x509.ExtendedKeyUsage([usage])
    plain = x509.BasicConstraints(ca=False, path_length=None)
    return _sign(name, ca, plain, [extended], expired=expired, serial=serial)


def _sign(
    name: str,
    ca: Certificate | None,
    constraints: x509.BasicConstraints,
    more: list[x509.ExtensionType],
    *,
    expired: bool = False,
    serial: int | None = None,
) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(ca.certificate.subject if ca else subject)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(now - 3 * DAY)
        .not_valid_after(now - DAY if expired else now + DAY)
        .add_extension(constraints, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if ca is not None:
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.key.public_key())
        builder = builder.add_extension(authority, critical=False)
    for extension in more:
        builder = builder.add_extension(extension, critical=False)
    return Certificate(builder.sign(ca.key if ca else key, hashes.SHA256()), key)
