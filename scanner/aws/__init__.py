"""The doorway: the only place that talks to AWS; what AWS refuses comes back as data."""

from scanner.aws.actions import IDENTITY, SESSION_POLICY_LIMIT, action_of, session_policy
from scanner.aws.asking import Answer, Calls, Limits, Service, Wire
from scanner.aws.doorway import Aws, Place, never
from scanner.aws.entry import Visit, enter, wrong_account
from scanner.aws.pace import Ceiling, Spacing, Turn
from scanner.aws.session import (
    HOMES,
    ROLE_ARN,
    Role,
    assume,
    own_identity,
    own_sts,
    preload,
    session_name,
)
from scanner.aws.trouble import CannotReach, Kind, Stopped, Trouble
from scanner.aws.why import why_not_assumed

__all__ = [
    "HOMES",
    "IDENTITY",
    "ROLE_ARN",
    "SESSION_POLICY_LIMIT",
    "Answer",
    "Aws",
    "Calls",
    "CannotReach",
    "Ceiling",
    "Kind",
    "Limits",
    "Place",
    "Role",
    "Service",
    "Spacing",
    "Stopped",
    "Trouble",
    "Turn",
    "Visit",
    "Wire",
    "action_of",
    "assume",
    "enter",
    "never",
    "own_identity",
    "own_sts",
    "preload",
    "session_name",
    "session_policy",
    "why_not_assumed",
    "wrong_account",
]
