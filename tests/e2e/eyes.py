"""Looks at a page as its users do: accessible, light and dark, wide and narrow, without complaints.

SHOTS=folder keeps a picture of every look, for people to judge what no rule can.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, Request, Response

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDE, NARROW, NARROWEST = 1280, 390, 320
HEIGHT = 844
VIOLATIONS = "rules => window.axe.run(rules).then(found => found.violations)"
RULES = {
    "resultTypes": ["violations"],
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
}
REFUSED = 400


class Eyes:
    """A browser tab that remembers everything the browser complained about."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self.refusals: list[str] = []
        self.expected: set[int] = set()
        self.looks = 0
        self._axe = Axe()
        page.set_viewport_size({"width": WIDE, "height": HEIGHT})
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("request", self._asked)
        page.on("response", self._answered)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.complaints.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:")):
            self.complaints.append(f"left the site: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= REFUSED and response.status not in self.expected:
            self.refusals.append(f"{response.status} {response.url}")

    def go(self, path: str) -> None:
        """Open an address of the dashboard."""
        self.page.goto(self.url + path)

    def sign_in(self, email: str, password: str) -> None:
        """Sign in through the page."""
        self.go("/sign-in")
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(f"{self.url}/")

    def look(self) -> None:
        """Check the page as it stands: axe in light and dark, wide and narrow; no sideways scroll."""
        self._settle()
        for scheme in SCHEMES:
            for width in (WIDE, NARROW):
                self.page.emulate_media(color_scheme=scheme)
                self._fits(width)
                found = self._violations()
                assert not found, f"{self.page.url}, {scheme}, {width}:\n{_told(found)}"
                self._keep(scheme, width)
        self._fits(NARROWEST)
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size({"width": WIDE, "height": HEIGHT})

    def _violations(self) -> list[dict[str, Any]]:
        # Ours, because axe_playwright loads axe anew for each run, and carries over what passed.
        if not self.page.evaluate("typeof window.axe === 'object'"):
            self.page.evaluate(self._axe.axe_script)
        found: list[dict[str, Any]] = self.page.evaluate(VIOLATIONS, RULES)
        return found

    def _settle(self) -> None:
        # A click returns before the page is there, and a browser scrolls to the fragment of an
        # address in the frame after that: later than our own scrolling, unless we wait for it.
        self.page.wait_for_load_state("load")
        self.page.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    def _fits(self, width: int) -> None:
        self.page.set_viewport_size({"width": width, "height": HEIGHT})
        self.page.evaluate("window.scrollTo(0, 0)")  # the sticky bar hides what lies under it
        needed = self.page.evaluate("document.documentElement.scrollWidth")
        assert needed <= width, f"{self.page.url} needs {needed} of {width} pixels"

    def _keep(self, scheme: str, width: int) -> None:
        folder = os.environ.get("SHOTS")
        if folder:
            place = re.sub(r"[0-9a-f-]{36}", "", self.page.url.removeprefix(self.url))
            place = re.sub(r"[^a-z]+", "-", place)
            self.looks += 1
            name = f"{self.looks:03}{place[:40]}-{width}-{scheme}.png"
            self.page.screenshot(path=Path(folder) / name, full_page=True)

    def close(self) -> None:
        """Fail for what the browser complained about meanwhile."""
        assert self.complaints == []
        assert self.refusals == []


def _told(violations: list[dict[str, Any]]) -> str:
    return "\n".join(
        f"{one['id']}: {one['help']}: {[node['html'][:200] for node in one['nodes'][:3]]}"
        for one in violations
    )
