"""Shapes of the SSH user CA's operations: Locum's own."""

from __future__ import annotations

from uuid import UUID

from locum.api.wire.base import In, Out


class SshUserCa(Out):
    """`public_key` is one line, as sshd's TrustedUserCAKeys file takes it."""

    public_key: str


class SshUserCaTrust(Out):
    managed_resource_id: UUID
    trusted: bool


class SshUserCaTrustIn(In):
    trusted: bool
