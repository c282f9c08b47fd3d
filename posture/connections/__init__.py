"""Connecting accounts: external id, role template, test of the role, schedule, pause and goodbye."""

from posture.connections.connecting import (
    ROLE_NAME,
    STACK_NAME,
    STEPS,
    ConnectionResult,
    begin,
    check_principal,
    role_template,
    test,
    usual_role_arn,
)
from posture.connections.scheduling import planned, set_schedule
from posture.connections.stopping import disconnect, pause, resume
from posture.connections.wording import InvalidError

__all__ = [
    "ROLE_NAME",
    "STACK_NAME",
    "STEPS",
    "ConnectionResult",
    "InvalidError",
    "begin",
    "check_principal",
    "disconnect",
    "pause",
    "planned",
    "resume",
    "role_template",
    "set_schedule",
    "test",
    "usual_role_arn",
]
