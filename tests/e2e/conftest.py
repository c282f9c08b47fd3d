"""A real browser against a live server, with an eye on every page it opens.

The browser is $CHROMIUM, Debian's Chromium, Chrome on PATH, or Playwright's own, in this order.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.core.cache import cache
from playwright.sync_api import BrowserType, Page, expect
from pytest_django.live_server_helper import LiveServer

from posture.models import Account, Organisation, User
from scanner.role import policy_document
from tests.e2e.eyes import Eyes
from tests.posture.rows import a_member, an_organisation

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

PASSWORD = "correct horse battery staple"
SELLER = "111122223333"
PATIENCE_MS = 20_000
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",
)  # fmt: skip
MISSING = (
    "There is no browser. Run: apt-get install -y --no-install-recommends chromium fonts-liberation,"
    " or set CHROMIUM to one."
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here: it drives Chromium, against a database that is really written."""
    here = f"{Path(__file__).parent}{os.sep}"
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type: BrowserType) -> dict[str, Any]:
    """Which browser to start, and how."""
    own = browser_type.executable_path
    found = [
        os.environ.get("CHROMIUM"),
        shutil.which("chromium"),
        shutil.which("google-chrome"),
        own if Path(own).exists() else None,
    ]
    path = next((one for one in found if one), None)
    if path is None:
        pytest.fail(MISSING, pytrace=False)
    return {"executable_path": path, "args": list(FLAGS)}


@pytest.fixture
def eyes(page: Page, live_server: LiveServer) -> Iterator[Eyes]:
    """Opens pages, looks at each, and fails for what the browser complained about."""
    cache.clear()
    expect.set_options(timeout=PATIENCE_MS)
    watching = Eyes(page, live_server.url)
    yield watching
    watching.close()


@pytest.fixture
def larkfield(transactional_db: None) -> Organisation:
    """The company of the journeys."""
    return an_organisation("Larkfield")


@pytest.fixture
def owner(larkfield: Organisation) -> User:
    """Its owner, who has a password."""
    return a_member(larkfield, "ines", "owner", PASSWORD)


@pytest.fixture
def aws(fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    """The fake AWS with the seller's account, in place of the real one."""
    fake_aws.seed("larkfield")
    for name, value in fake_aws.environment().items():
        monkeypatch.setenv(name, value)
    return fake_aws


def make_role(aws: FakeAws, account: Account) -> str:
    """Create the scan role as the seller would from our template; return its ARN."""
    return aws.create_scan_role(
        account=account.aws_account,
        external_id=account.external_id,
        policy_document=policy_document(),
        principal_arn=settings.SCANNER_PRINCIPAL_ARN,
    )
