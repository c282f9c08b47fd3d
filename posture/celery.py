"""The Celery application; its configuration is a part of the settings (reliability.md D.3)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posture.settings")

app = Celery("posture")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["posture"])
app.set_default()  # threads that did not make the app would otherwise use Celery's own
