"""Web server and beat as an orchestrator runs them: they count together, and end when asked to."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import redis
from django.conf import settings
from prometheus_client.parser import text_string_to_metric_families

from tests.posture.workers import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "0123456789abcdef0123456789"
FORM = b"csrfmiddlewaretoken=" + b"a" * 64


class Web:
    """A gunicorn with the workers of gunicorn.conf.py, on a socket that is there before it is."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self._listener = socket.create_server(("127.0.0.1", 0))
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "posture.wsgi"),
                    *("--bind", f"fd://{self._listener.fileno()}"),
                ],
                cwd=ROOT,
                env={**os.environ, "METRICS_TOKEN": TOKEN, "TMPDIR": str(log.parent)},
                pass_fds=[self._listener.fileno()],
                stderr=output,
                start_new_session=True,
            )

    def connect(self) -> http.client.HTTPConnection:
        """A connection that nobody else uses."""
        return http.client.HTTPConnection("127.0.0.1", self._listener.getsockname()[1], timeout=30)

    def get(self, path: str) -> tuple[int, str]:
        """The status and the text of an answer."""
        connection = self.connect()
        connection.request("GET", path, headers={"Authorization": f"Bearer {TOKEN}"})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def end(self) -> None:
        """Kill what is left of it."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._listener.close()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    server = Web(tmp_path / "web.log")
    try:
        wait_until(
            lambda: server.log.read_text().count("Booting worker") == 2, server.log.read_text
        )
        yield server
    finally:
        server.end()


def requests_of(text: str, route: str) -> float:
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "seller_posture_http_requests_total" and sample.labels["route"] == route
    )


def test_every_worker_tells_the_requests_of_all_of_them(web: Web) -> None:
    assert {web.get("/healthz/live")[0] for _ in range(40)} == {200}
    counts = {requests_of(web.get("/metrics")[1], "live") for _ in range(10)}
    assert counts == {40}
    assert [one.name for one in web.log.parent.glob("seller-posture-metrics-*")] != []


def test_a_web_server_that_is_asked_to_stop_answers_what_it_has_begun(web: Web) -> None:
    connection = web.connect()
    connection.putrequest("POST", "/sign-in")
    connection.putheader("Cookie", f"csrf={'b' * 32}")
    connection.putheader("Content-Type", "application/x-www-form-urlencoded")
    connection.putheader("Content-Length", str(len(FORM)))
    connection.endheaders(FORM[:30])
    assert web.get("/healthz/live")[0] == 200  # a server that answers has taken the one before
    web.process.terminate()
    wait_until(lambda: "Handling signal: term" in web.log.read_text(), web.log.read_text)
    connection.send(FORM[30:])
    assert connection.getresponse().status == 403
    connection.close()
    assert web.process.wait(60) == 0
    assert list(web.log.parent.glob("seller-posture-metrics-*")) == []


def test_beat_ticks_until_it_is_asked_to_stop(tmp_path: Path) -> None:
    log = tmp_path / "beat.log"
    with redis.Redis.from_url(settings.REDIS_URL) as broker, log.open("wb") as output:
        broker.flushdb()
        beat = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "posture", "beat"],
            cwd=tmp_path,
            env={**os.environ, "TICK_SECONDS": "0.2", "PYTHONPATH": str(ROOT)},
            stderr=output,
            stdout=output,
            start_new_session=True,
        )
        try:
            wait_until(lambda: int(broker.llen("house")) > 1, log.read_text)
            beat.terminate()
            assert beat.wait(60) == 0, log.read_text()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(beat.pid, signal.SIGKILL)
            broker.flushdb()
    assert [one.name for one in tmp_path.iterdir()] == ["beat.log"]
