"""The Django side: organisations, accounts, scans, findings, pages, API and tasks."""

from posture.celery import app as celery_app

__all__ = ["celery_app"]
