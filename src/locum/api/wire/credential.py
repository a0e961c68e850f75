"""Credentials. Their secret fields are never filled: a secret leaves by its own operation only."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from locum.api.wire.base import NEVER, In, Line, Name, Out, Time, later
from locum.api.wire.enums import AuthenticationMethod, CredentialType, PostSessionAction
from locum.api.wire.platform import Platform
from locum.kit.ids import NIL
from locum.vault.secret import Secret


class Credential(Out):
    __contract__ = "SbPAM.Models.Credential"

    id: UUID = NIL
    domain: str | None = None
    username: str | None = None
    password: str | None = None
    salt: str | None = None
    enable_password: str | None = None
    enable_salt: str | None = None
    name: str | None = None
    description: str | None = None
    type: CredentialType = CredentialType.CONFIGURATION
    user_id: UUID | None = None
    managed_account_id: UUID | None = None
    platform_id: UUID | None = None
    platform: Platform | None = None
    sudo_command: str | None = None
    password_vault_connector_id: UUID | None = None
    password_vault_connector: Annotated[None, later("SbPAM.Models.IntegrationConnector")] = None
    password_vault_info: str | None = None
    change_on_checkout: bool | None = None
    change_on_release: bool | None = None
    show_password: bool = False
    credential_join: Annotated[None, later("SbPAM.Models.CredentialJoin", many=True)] = None
    is_deleted: bool = False
    node_id: UUID = NIL
    created_date_time_utc: Time = NEVER
    modified_date_time_utc: Time = NEVER
    authentication_method: AuthenticationMethod = AuthenticationMethod.PASSWORD
    key_gen_algorithm: str | None = None
    key_length: int | None = None
    auto_gen_passphrase: bool | None = None
    passphrase: str | None = None
    private_key: str | None = None
    public_key: str | None = None


class CredentialDto(Out):
    __contract__ = "SbPAM.Models.CredentialDto"

    id: UUID = NIL
    domain: str | None = None
    username: str | None = None
    password: str | None = None
    salt: str | None = None
    name: str | None = None
    description: str | None = None
    type: CredentialType = CredentialType.CONFIGURATION
    user_id: UUID | None = None
    platform_id: UUID | None = None
    platform: Platform | None = None
    sudo_command: str | None = None
    change_on_checkout: bool | None = None
    change_on_release: bool | None = None
    password_vault_connector_id: UUID | None = None
    password_vault_connector: Annotated[None, later("SbPAM.Models.IntegrationConnector")] = None
    password_vault_info: str | None = None
    is_deleted: bool = False
    is_managed: bool = False
    authentication_method: AuthenticationMethod = AuthenticationMethod.PASSWORD
    auto_gen_passphrase: bool | None = None
    passphrase: str | None = None
    private_key: str | None = None
    public_key: str | None = None
    key_gen_algorithm: str | None = None
    key_length: int | None = None


class CredentialIn(In):
    __contract__ = "SbPAM.Models.Credential"

    domain: Name | None = None
    username: Name | None = None
    password: Secret | None = None
    enable_password: Secret | None = None
    name: Name | None = None
    description: Line | None = None
    type: CredentialType = CredentialType.CONFIGURATION
    platform_id: UUID | None = None
    sudo_command: Name | None = None
    change_on_checkout: bool | None = None
    change_on_release: bool | None = None
    authentication_method: AuthenticationMethod = AuthenticationMethod.PASSWORD
    passphrase: Secret | None = None
    private_key: Secret | None = None


class CredentialChangeIn(In):
    """What is absent or null stays, so that a view that is put back changes nothing."""

    __contract__ = "SbPAM.Models.Credential"

    domain: Name | None = None
    username: Name | None = None
    password: Secret | None = None
    enable_password: Secret | None = None
    name: Name | None = None
    description: Line | None = None
    type: CredentialType | None = None
    platform_id: UUID | None = None
    sudo_command: Name | None = None
    change_on_checkout: bool | None = None
    change_on_release: bool | None = None
    authentication_method: AuthenticationMethod | None = None
    passphrase: Secret | None = None
    private_key: Secret | None = None


class CredentialPutIn(CredentialChangeIn, kw_only=True):
    """The same where the path names none."""

    __contract__ = "SbPAM.Models.Credential"

    id: UUID


class SshFormInfo(Out):
    __contract__ = "SbPAM.Models.SshFormInfo"

    authentication_method: AuthenticationMethod = AuthenticationMethod.PASSWORD
    credential_type: CredentialType = CredentialType.CONFIGURATION
    auto_gen_passphrase: bool = False
    passphrase: str | None = None
    private_key: str | None = None
    public_key: str | None = None
    key_gen_algorithm: str | None = None
    key_length: int = 0


class SshFormInfoIn(In):
    """A key to keep, or what one to generate."""

    __contract__ = "SbPAM.Models.SshFormInfo"

    authentication_method: AuthenticationMethod = AuthenticationMethod.PASSWORD
    auto_gen_passphrase: bool = False
    passphrase: Secret | None = None
    private_key: Secret | None = None
    key_gen_algorithm: Name | None = None
    key_length: int = 0


class SshKeyFile(Out):
    """A private key as a file. `encrypted`: it opens with the passphrase that is kept beside it."""

    file_name: str = ""
    content: str = ""
    encrypted: bool = False
    fingerprint: str = ""


class PostSessionIn(In):
    action: PostSessionAction
