"""Every permission there is, `scope:resource:action`, in alphabetical order. Roles are sets of these."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    ACCOUNTS_APPLICATION_CREATE = "accounts:application:create"
    ACCOUNTS_KEY_GENERATE = "accounts:key:generate"
    ACCOUNTS_KEY_REVEAL = "accounts:key:reveal"
    ACCOUNTS_LIST_READ = "accounts:list:read"
    ACCOUNTS_LOCAL_CREATE = "accounts:local:create"
    ACCOUNTS_SELF_MANAGE = "accounts:self:manage"
    ACCOUNTS_SELF_READ = "accounts:self:read"
    ACCOUNTS_SSHKEY_MANAGE = "accounts:sshkey:manage"
    CATALOG_ACTIVITY_READ = "catalog:activity:read"
    CATALOG_PLATFORM_READ = "catalog:platform:read"
    CATALOG_PROFILE_CHANGE = "catalog:profile:change"
    CATALOG_PROFILE_READ = "catalog:profile:read"
    CREDENTIALS_CREDENTIAL_CREATE = "credentials:credential:create"
    CREDENTIALS_CREDENTIAL_READ = "credentials:credential:read"
    CREDENTIALS_SECRET_REVEAL = "credentials:secret:reveal"
    LOGS_SYSTEM_READ = "logs:system:read"
    POLICIES_POLICY_CREATE = "policies:policy:create"
    RECORDINGS_ANY_EXPORT = "recordings:any:export"
    RESOURCES_RESOURCE_CREATE = "resources:resource:create"
    RESOURCES_RESOURCE_READ = "resources:resource:read"
    SESSIONS_ANY_MANAGE = "sessions:any:manage"
    SESSIONS_OWN_USE = "sessions:own:use"
