"""People of an organisation: who they are, what they may see, how they come and go."""

from posture.people.inviting import Sent, invite, open_invitations, resend, withdraw
from posture.people.joining import GoneError, Offer, join, join_as_new, offered
from posture.people.members import (
    RefusedError,
    change_member,
    leave,
    put_member,
    remove_member,
)

__all__ = [
    "GoneError",
    "Offer",
    "RefusedError",
    "Sent",
    "change_member",
    "invite",
    "join",
    "join_as_new",
    "leave",
    "offered",
    "open_invitations",
    "put_member",
    "remove_member",
    "resend",
    "withdraw",
]
