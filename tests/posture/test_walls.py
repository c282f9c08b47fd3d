"""The tenant boundary in the database itself, with no help from the application."""

import pytest
from django.db import connection


@pytest.mark.django_db
def test_tests_run_as_the_unprivileged_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == ("app", False, False)
