"""The Celery application; its configuration is a part of the settings (reliability.md D.3)."""

import os

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posture.settings")

app = Celery("posture")
app.Task.Request = "posture.acknowledging:Request"
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["posture"])
app.set_default()  # threads that did not make the app would otherwise use Celery's own


@setup_logging.connect
def keep_logging(**_: object) -> None:
    """Keep the logging that the settings configured; Celery sets up its own unless asked not to."""
