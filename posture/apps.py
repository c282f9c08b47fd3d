"""The one Django application of this project."""

from django.apps import AppConfig


class PostureConfig(AppConfig):
    """Its label is the prefix of all tables."""

    name = "posture"
    verbose_name = "Seller Posture"
