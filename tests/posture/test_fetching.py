"""Addresses that a tenant chose: which ones we call, and how little of them we take."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address, ip_network
from threading import Thread
from typing import ClassVar

import pytest
import requests
from pytest_django import Settings

from posture import fetching
from tests.posture.sso.openid import serving


class Strange(BaseHTTPRequestHandler):
    """A server that answers in ways in which no provider does."""

    seen: ClassVar[list[dict[str, str]]] = []

    def do_GET(self) -> None:
        """By the path."""
        self.seen.append({"path": self.path, **dict(self.headers)})
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "/plain")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        if self.path == "/slow-headers":
            self.flush_headers()
            self.wfile.write(b"X: ")
            if not self._drip():
                return
            self.wfile.write(b"\r\n")
        self.end_headers()
        if self.path == "/plain":
            self.wfile.write(b"{}")
        if self.path == "/large":
            self.wfile.write(b"x" * (fetching.MOST_BYTES + 1))
        if self.path == "/slow":
            self._drip()

    def _drip(self) -> bool:
        for _ in range(100):
            try:
                self.wfile.write(b"x")
                self.wfile.flush()
            except OSError:
                return False
            time.sleep(0.02)
        return True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def strange(settings: Settings) -> Iterator[str]:
    """Its address, which is allowed."""
    settings.SSO_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    Strange.seen.clear()
    with serving(Strange) as address:
        yield address


def get(url: str) -> requests.Response:
    with fetching.session() as asking:
        return asking.get(url)


def test_what_is_allowed_is_read(strange: str) -> None:
    assert get(f"{strange}/plain").json() == {}
    assert Strange.seen[0]["Host"] == strange.removeprefix("http://")


@pytest.mark.parametrize("path", ["/large", "/redirect"])
def test_too_much_and_redirects_are_not_taken(strange: str, path: str) -> None:
    with pytest.raises(requests.RequestException):
        get(strange + path)
    assert [one["path"] for one in Strange.seen] == [path]


@pytest.mark.parametrize("path", ["/slow", "/slow-headers"])
def test_a_server_that_does_not_come_to_an_end_is_left(
    strange: str, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(fetching, "SECONDS", 0.2)
    with pytest.raises(fetching.CannotFetchError):
        get(strange + path)


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example.com/",
        "http://localhost:8000/",
        "ftp://login.example.com/",
        "file:///etc/passwd",
        "https://user:secret@login.example.com/",
        "https://login.example.com:0/",
        "https://login.example.com:99999/",
        "https://login.example.com\\@evil.example/",
        "https://login.example.com/\r\nX: y",
        "https://login.example.com/ a",
        "https:///path",
        "https://[::1",
        "//login.example.com",
        "",
        "https://login.example.com/" + "x" * 2048,
    ],
)
def test_what_has_a_form_that_no_provider_has_is_refused(url: str) -> None:
    assert not fetching.may_be_fetched(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254",
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "fd00:ec2::254",
        "::ffff:10.0.0.1", "::127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::10.0.0.1",
        "64:ff9b::a9fe:a9fe", "2002:0a00:0001::1", "2001:db8::1", "100.100.100.200", "198.18.0.1",
    ],
)  # fmt: skip
def test_addresses_of_our_own_are_never_called(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    resolve_to(monkeypatch, "8.8.8.8", address)
    with pytest.raises(fetching.CannotFetchError, match="Nothing could be read from inside"):
        get("https://inside.example.com/")


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Have every name lead there, as a hostile name server would."""
    families = {4: socket.AF_INET, 6: socket.AF_INET6}

    def look_up(_: object, port: int, *__: object, **___: object) -> list[tuple[object, ...]]:
        return [
            (families[ip_address(one).version], socket.SOCK_STREAM, 6, "", (one, port))
            for one in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.parametrize("address", ["169.254.169.254", "fd00:ec2::254", "100.100.100.200"])
def test_no_setting_opens_the_metadata_services(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, address: str
) -> None:
    settings.SSO_ALLOWED_NETWORKS = [ip_network("0.0.0.0/0"), ip_network("::/0")]
    resolve_to(monkeypatch, address)
    with pytest.raises(fetching.CannotFetchError):
        get("https://inside.example.com/")
    assert not fetching.may_be_fetched(f"http://{address}/")


@pytest.mark.parametrize("port", [22, 25, 80, 6379])
def test_other_ports_are_for_networks_of_the_operator(
    monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    resolve_to(monkeypatch, "8.8.8.8")
    with pytest.raises(fetching.CannotFetchError):
        get(f"https://outside.example.com:{port}/")


def test_the_address_that_was_checked_is_dialled_and_the_name_is_what_tls_asks_for(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.SSO_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    names: list[str] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sni_callback = lambda _, name, __: names.append(str(name))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        resolve_to(monkeypatch, "127.0.0.1")
        port = server.getsockname()[1]

        def shake_hands() -> None:
            peer, _ = server.accept()
            try:
                context.wrap_socket(peer, server_side=True)
            except OSError:
                peer.close()

        thread = Thread(target=shake_hands)
        thread.start()
        with pytest.raises(fetching.CannotFetchError):
            get(f"https://login.example.com:{port}/")
        thread.join()
    assert names == ["login.example.com"]


def test_the_same_is_said_whether_it_is_refused_or_nobody_answers(settings: Settings) -> None:
    said = set()
    for network in ("127.0.0.0/8", "10.0.0.0/8"):
        settings.SSO_ALLOWED_NETWORKS = [ip_network(network)]
        with pytest.raises(fetching.CannotFetchError) as refused:
            get("https://127.0.0.1:1/")
        said.add(str(refused.value))
    assert len(said) == 1
