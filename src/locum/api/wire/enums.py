"""The contract's enumerations. They go out as numbers and come in as numbers or names in any case."""

from __future__ import annotations

from enum import IntEnum, IntFlag


class ActionStatus(IntEnum):
    __contract__ = "SbPAM.Constants.ActionConstants+ActionStatus"

    QUEUED = 0
    RUNNING = 1
    COMPLETE = 2
    FAILED = 3
    CANCELLED = 4
    COMPLETED_WITH_ERRORS = 5
    COMPLETED_NOT_RUN = 6
    PAUSED = 7
    SCHEDULED = 8
    UNKNOWN = -2
    PENDING = -1


class AccountType(IntEnum):
    __contract__ = "SbPAM.Constants.SbPAMAccountType"

    USER = 0
    APPLICATION = 1
    LOCAL = 2


class ActivityConfigurationType(IntEnum):
    __contract__ = "SbPAM.Models.ActivityConfigurationType"

    GENERIC = 0
    CONNECTION_PROFILE = 1
    EMAIL_SETTINGS = 2
    SYSTEM = 3


class ActivityLoginType(IntEnum):
    __contract__ = "SbPAM.Models.ActivityLoginType"

    REQUESTER = 0
    MANAGED = 1
    ACTIVITY_IDENTITY = 2
    VAULT = 3
    RESOURCE = 4


class ActivityType(IntEnum):
    __contract__ = "SbPAM.Models.ActivityType"

    INTERACTIVE = 0
    INTERACTIVE_APP_LAUNCH = 1
    TASK_AUTOMATION = 2
    CREDENTIAL_RELEASE = 3


class ApprovalType(IntEnum):
    __contract__ = "SbPAM.Models.ApprovalType"

    DENY = 0
    ALLOW = 1
    WORKFLOW = 2


class ApprovalState(IntEnum):
    __contract__ = "SbPAM.Models.ApprovalWorkflowApprovalState"

    PENDING = 0
    APPROVED = 1
    DENIED = 2


class ApproverType(IntEnum):
    __contract__ = "SbPAM.Models.ApprovalWorkflowApproverType"

    NORMAL = 0
    ESCALATED = 1
    REQUESTER = 2


class AuthenticationMethod(IntEnum):
    __contract__ = "SbPAM.Models.AuthenticationMethodType"

    PASSWORD = 0
    SSH_CERTIFICATE = 1
    SSH_CERTIFICATE_AND_PASSWORD = 2


class CertificateType(IntEnum):
    __contract__ = "SbPAM.Constants.SshConstants+CertificateType"

    WIN_RM = 0
    RDP = 1
    SSH = 2


class CharacterTypeFlags(IntFlag):
    __contract__ = "SbPAM.Constants.CharacterTypeFlags"

    NONE = 0
    LOWERCASE = 1
    UPPERCASE = 2
    NUMERIC = 4
    SYMBOL = 8
    SPACE = 16


class CredentialType(IntEnum):
    __contract__ = "SbPAM.Models.CredentialType"

    CONFIGURATION = 0
    USER = 1
    SERVICE = 2
    ACTIVITY_TOKEN = 3
    APPLICATION = 4
    VAULT_USER = 5
    SSH_KEY_CERT = 6
    ANY = -1


class CredentialSearchManagedFilter(IntEnum):
    __contract__ = "SbPAM.Models.CredentialSearchManagedFilter"

    MANAGED = 0
    UNMANAGED = 1
    ALL = -1


class DatabaseType(IntEnum):
    __contract__ = "SbPAM.Models.Common.DatabaseType"

    POSTGRESQL = 0
    SQL_SERVER = 1
    SQLITE = 2
    ORACLE = 3
    MYSQL = 4
    UNKNOWN = 5


class EntityType(IntEnum):
    __contract__ = "SbPAM.Models.ManagedAccountViewEntityTypeEnum"

    MANAGED_ACCOUNT = 0
    MANAGED_ACCOUNT_GROUP = 1
    APPLICATION = 2
    COLLECTION = 3
    LOCAL = 4


class FrequencyType(IntEnum):
    __contract__ = "SbPAM.Models.ScheduledChangePolicy+FrequencyType"

    HOURS = 0
    DAYS_AT_TIME = 1
    WEEKLY_ON_DAYS_OF_WEEK = 2
    MONTHLY_ON_DAY = 3
    MINUTES = 4


class LogLevel(IntEnum):
    __contract__ = "SbPAM.Constants.ActionConstants+ActionLogType"

    DEBUG = 0
    INFO = 1
    WARN = 2
    ERROR = 3


class LoginSessionState(IntEnum):
    __contract__ = "SbPAM.ActiveDirectory.Models.Enums.LoginSessionState"

    INACTIVE = 0
    ACTIVE = 1
    UNKNOWN = 2


class ManageAccount(IntEnum):
    __contract__ = "SbPAM.Models.ManagedResourceManageAccountEnum"

    UNMANAGED = 0
    MANAGED = 1


class ManagedResourceType(IntEnum):
    __contract__ = "SbPAM.Models.ManagedResourceType"

    HOST = 0
    DOMAIN = 1
    WEBSITE = 2
    AZURE_AD_TENANT = 3
    SECRET_VAULT = 4
    DATABASE = 5


class ManagedType(IntEnum):
    __contract__ = "SbPAM.Models.ManagedType"

    INTERNAL = 0
    STANDARD = 1
    SERVICE = 2
    ALL = -1


class ManagedUserType(IntEnum):
    __contract__ = "SbPAM.Models.ManagedUserType"

    NOT_MANAGED = 0
    MANUAL = 1
    AUTOMATIC = 2


class OverridePolicyType(IntEnum):
    __contract__ = "SbPAM.Models.OverridePolicyType"

    CREDENTIAL = 0
    RESOURCE = 1


class PasswordComplexityType(IntEnum):
    __contract__ = "SbPAM.Models.PasswordComplexityTypeEnum"

    PASSWORD = 0
    SAMACCOUNTNAME = 1


class PlatformType(IntEnum):
    __contract__ = "SbPAM.Models.PlatformTypeEnum"

    UNSPECIFIED = 0
    CLOUD = 1
    DATABASE = 2


class PolicyType(IntEnum):
    __contract__ = "SbPAM.Models.PolicyType"

    RESOURCE = 0
    CREDENTIAL = 1


class PostSessionAction(IntEnum):
    __contract__ = "SbPAM.Models.PostSessionAction"

    DISABLE = 0
    ENABLE = 1
    KEEP_PREVIOUS = 2


class RequesterLoginFormat(IntEnum):
    __contract__ = "SbPAM.Models.RequesterLoginFormat"

    SAMACCOUNTNAME = 0
    UPN = 1
    EMAIL = 2
    SAM_ACCOUNT_NAME_ONLY = 3
    CUSTOM = 4


class SessionStatus(IntEnum):
    __contract__ = "SbPAM.Constants.ActionConstants+SessionStatus"

    PENDING = 0
    ACTIVE = 1
    CANCELLING = 2
    COMPLETE = 3
    FAILED = 4
    CANCELLED = 5
    APPROVAL_DENIED = 6
    APPROVAL_FAILED = 7
    APPROVAL_REQUIRED = -1


class SessionSummaryStatus(IntEnum):
    __contract__ = "SbPAM.Models.SessionSummaryStatus"

    UNKNOWN = 0
    ACTIVE = 1
    ACTIVE_NO_LOGON = 2
    CANCELLING = 3
    COMPLETED = 4
    COMPLETED_WITH_ERRORS = 5
    PENDING = 6
    CANCELLED = 7
    APPROVAL_REQUIRED = 8
    APPROVAL_DENIED = 9
    APPROVAL_FAILED = 10
    LOCKED = 11


class ServiceRotationJobStatus(IntEnum):
    __contract__ = "SbPAM.Models.ServiceRotationJobStatus"

    QUEUED = 0
    ROTATING_PASSWORD = 1
    UPDATING_SERVICES = 2
    PAUSED = 3
    COMPLETED = 4
    FAILED = 5
    COMPLETED_WITH_ERRORS = 6
    COMPLETED_NOT_RUN = 7
    ABORTED = 8
    UNSPECIFIED = -2
    PENDING = -1


class SshTrustActionType(IntEnum):
    __contract__ = "SbPAM.Constants.SshConstants+SshTrustActionType"

    ALWAYS_TRUST_IGNORE_THUMBPRINT = 0
    WARN_ON_THUMBPRINT_MISMATCH = 1
    ERROR_ON_THUMBPRINT_MISMATCH = 2


class StreamType(IntEnum):
    __contract__ = "SbPAM.Constants.ProxyConstants+StreamType"

    ALL = 0
    WINDOWS_AUDIT = 1
    STD_IN = 2
    STD_OUT = 3
    UNKNOWN = 4


class UserPrivilege(IntEnum):
    __contract__ = "SbPAM.ActiveDirectory.Models.Enums.UserPrivilege"

    NOT_SET = 0
    ADMINISTRATOR = 1
    POWER_USER = 2
    GUEST = 3
    USER = 4
    SUPER_USER = 5
    LINUX_USER = 6
    CISCO_PRIVILEGE_0 = 7
    CISCO_PRIVILEGE_1 = 8
    CISCO_PRIVILEGE_2 = 9
    CISCO_PRIVILEGE_3 = 10
    CISCO_PRIVILEGE_4 = 11
    CISCO_PRIVILEGE_5 = 12
    CISCO_PRIVILEGE_6 = 13
    CISCO_PRIVILEGE_7 = 14
    CISCO_PRIVILEGE_8 = 15
    CISCO_PRIVILEGE_9 = 16
    CISCO_PRIVILEGE_10 = 17
    CISCO_PRIVILEGE_11 = 18
    CISCO_PRIVILEGE_12 = 19
    CISCO_PRIVILEGE_13 = 20
    CISCO_PRIVILEGE_14 = 21
    CISCO_PRIVILEGE_15 = 22
    DOMAIN_ADMIN = 23
    ENTERPRISE_ADMIN = 24


class VerificationScanStatus(IntEnum):
    __contract__ = "SbPAM.Models.VerificationScanStatus"

    UNSPECIFIED = 0
    VERIFIED = 1
    PENDING = 2
    CHANGED = 3
    FAILED = 4
    MISMATCH = 5


class WinRmHttpSetting(IntEnum):
    __contract__ = "SbPAM.Models.WinRmHttpSettings"

    USE_HTTP = 0
    USE_HTTPS_IF_AVAILABLE = 1
    USE_HTTPS_ONLY = 2
    DEFAULT = -1


class SecondFactorRequirement(IntEnum):
    """Ours: the contract has no model for it."""

    DEFAULT = 0
    REQUIRED = 1
    NOT_REQUIRED = 2
