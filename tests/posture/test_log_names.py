"""Whose line is it: each names the request and who asked, or the scan, its company and attempt."""

import json
import logging
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from posture import tokens
from posture.logging import OneLine, configuration
from posture.models import Organisation
from posture.models.tenancy import within
from posture.scans import request_scan
from tests.posture.rows import a_member, an_organisation
from tests.posture.sellers import a_seller
from tests.posture.workers import a_worker, wait_until

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

Said = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def said() -> Iterator[Said]:
    """The lines of the whole process."""
    settings = {**configuration(level="INFO")["formatters"]["json"]}
    stream = StringIO()
    handler = OneLine(stream)
    handler.setFormatter(settings.pop("()")(**settings))
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


def test_a_request_of_a_person_names_them(acme: Organisation, said: Said) -> None:
    alice = a_member(acme)
    client = Client()
    client.force_login(alice)
    client.get("/nowhere", headers={"X-Request-ID": "request-1"})
    line = next(one for one in said() if one["logger"] == "django.request")
    names = (line["request_id"], line["organisation"], line["user"])
    assert names == ("request-1", str(acme.pk), str(alice.pk))
    Client().get("/nowhere")
    assert not {"organisation", "user"} & said()[-1].keys()


def test_a_request_of_a_program_names_its_token_by_id(acme: Organisation, said: Said) -> None:
    with within(acme):
        token, text = tokens.issue(
            organisation=acme, by=None, name="t", scopes=["findings:read"], accounts=[], networks=[],
            days=1,
        )  # fmt: skip
    Client(headers={"Authorization": f"Bearer {text}"}).get("/api/v1/nowhere")
    line = next(one for one in said() if one["logger"] == "django.request")
    assert (line["organisation"], line["program"]) == (str(acme.pk), str(token.pk))
    assert text not in json.dumps(said())


@pytest.mark.django_db(transaction=True)
def test_a_workers_lines_about_a_scan_name_it_and_all_are_json(
    fake_aws: "FakeAws", tmp_path: Path
) -> None:
    fake_aws.seed("larkfield")
    seller = a_seller(fake_aws, an_organisation("Larkfield"))
    with a_worker(tmp_path, fake_aws.environment()) as worker:
        with within(seller.organisation_id):
            scan = request_scan(account=seller, by=None, trigger="manual")[0]
        wait_until(lambda: worker.says("scan left"), worker.log.read_text)
    lines = [
        json.loads(line) for line in worker.log.read_text().splitlines() if line.startswith("{")
    ]
    about = [line for line in lines if "scan left" in line["event"]]
    assert [(one["scan"], one["organisation"], one["attempt"]) for one in about] == [
        (str(scan.pk), str(seller.organisation_id), "1")
    ]
    assert seller.external_id not in worker.log.read_text()
