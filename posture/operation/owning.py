"""What only the role `owner` may do, and that it sees every row when it does."""

from django.db import connection


class NotOwnerError(Exception):
    """The command runs as another role than `owner`, or rows are hidden from it."""


def require_owner() -> None:
    """Make sure that we own the tables and that no wall hides rows from us; else NotOwnerError."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname,
                      c.relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user),
                      NOT c.relforcerowsecurity OR EXISTS (
                          SELECT FROM pg_policy p
                          WHERE p.polrelid = c.oid AND p.polpermissive AND c.relowner = ANY (p.polroles)
                            AND pg_get_expr(p.polqual, p.polrelid) = 'true')
               FROM pg_class c
               WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace"""
        )
        tables = cursor.fetchall()
    if not all(owned for _, owned, _ in tables):
        message = "Only the role owner may do this: set DATABASE_OWNER_URL."
        raise NotOwnerError(message)
    hidden = sorted(name for name, _, seen in tables if not seen)
    if hidden:
        message = f"A wall hides rows of {', '.join(hidden)} from the role owner too."
        raise NotOwnerError(message)
