"""How gunicorn serves; it reads this file by itself, and options of its command line win."""

import os
import shutil
import tempfile
from typing import Any

from posture.logging import configuration

worker_class = "gthread"
workers = 2
threads = 4
timeout = 30
graceful_timeout = 25
"""Seconds in which a worker that is stopped finishes its requests; containers get 40 to end."""
max_requests = 2000
max_requests_jitter = 200
control_socket_disable = True
logconfig_dict: dict[str, Any] = configuration(level=os.environ.get("LOG_LEVEL") or "INFO")

_SHARED = "PROMETHEUS_MULTIPROC_DIR"
# Where workers count requests together (posture.figures); each reads it when it is forked.
_ours = "" if _SHARED in os.environ else tempfile.mkdtemp(prefix="seller-posture-metrics-")
if _ours:
    os.environ[_SHARED] = _ours


def on_exit(server: object) -> None:
    """Remove the directory of the counts, if it is ours."""
    if _ours:
        shutil.rmtree(_ours, ignore_errors=True)
