"""The one Django application of this project."""

from typing import Any

from django.apps import AppConfig


class PostureConfig(AppConfig):
    """Its label is the prefix of all tables."""

    name = "posture"
    verbose_name = "Seller Posture"

    def ready(self) -> None:
        """Start the clocks of each new session, however somebody signed in, and note it."""
        from django.contrib.auth.signals import user_logged_in

        from posture.entrance import noting  # noqa: F401 - listens to signing in and out

        user_logged_in.connect(_begin_session, dispatch_uid="posture.begin_session")


def _begin_session(request: Any, **_: Any) -> None:
    from posture.entrance import sessions

    sessions.begin(request.session)
