"""People of an organisation: who they are, what they may see, how they come and go."""

from posture.people.members import (
    RefusedError,
    change_member,
    leave,
    put_member,
    remove_member,
)

__all__ = [
    "RefusedError",
    "change_member",
    "leave",
    "put_member",
    "remove_member",
]
