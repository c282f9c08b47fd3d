"""What the README tells people to type works: its API calls, its commands, its paths."""

from __future__ import annotations

import json
import re
import shlex
import string
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from posture.models import ApiToken
from posture.models.tenancy import within
from tests.posture.api.conftest import Company, company, token

__all__ = ["company", "token"]

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
Issue = Callable[..., tuple[ApiToken, str]]


def curl_calls() -> list[list[str]]:
    """The words of each curl command, with continued lines joined."""
    text = README.replace("\\\n", " ")
    return [shlex.split(line) for line in text.splitlines() if line.startswith("curl ")]


def send(words: list[str], variables: dict[str, str]) -> Any:
    """Do what curl would do with -s, -X, -H, -d and an address; return the JSON of the answer."""
    words = [string.Template(word).safe_substitute(variables) for word in words[1:] if word != "-s"]
    options: dict[str, list[str]] = {}
    address = ""
    while words:
        word = words.pop(0)
        if word in {"-X", "-H", "-d"}:
            options.setdefault(word, []).append(words.pop(0))
        else:
            address = word
    headers = dict(header.split(": ", 1) for header in options.get("-H", []))
    data = options["-d"][0].encode() if "-d" in options else None
    method = options.get("-X", ["GET"])[0]
    request = urllib.request.Request(address, data, headers, method=method)  # noqa: S310 - 127.0.0.1
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - the same
        return json.load(answer)


@pytest.mark.django_db(transaction=True)
def test_the_three_calls_of_a_ticketing_tool_do_what_they_say(
    company: Company,
    token: Issue,
    live_server: LiveServer,
) -> None:
    with within(company.organisation):
        type(company.findings[0]).objects.update(last_changed="2026-11-02T00:00:00Z")
    variables = {
        "TOKEN": token()[1],
        "BASE_URL": live_server.url,
        "FINDING": str(company.findings[0].pk),
    }
    changed, finding, linked = (send(words, variables) for words in curl_calls())
    assert len(changed["results"]) == 3
    assert finding["id"] == variables["FINDING"]
    assert finding["remediation"]["console"]
    assert linked["ticket"]["key"] == "SEC-1482"


def test_every_path_that_the_readme_names_exists() -> None:
    named = re.findall(
        r"`((?:bin|scanner|posture|sandbox|templates|static|tests|docs)/[\w/.]*)`", README
    )
    linked = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert len(named) > 8
    missing = [path for path in (*named, *linked) if not (ROOT / path).exists()]
    assert not missing
