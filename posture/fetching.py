"""Calls to addresses that a tenant chose: to public https servers, short, small, and to nobody else.

What is refused, cannot be found or does not answer gives the same error, so that nobody learns from
it what there is inside of our networks. Rules: OWASP's sheet on server-side request forgery.
"""

from __future__ import annotations

import io
import re
import socket
import time
from collections.abc import Iterator
from http.client import HTTPResponse
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, cast
from urllib.parse import SplitResult, urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from requests.exceptions import RequestException
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

SECONDS = 5
"""In all, for connecting and the whole answer; a slow greeting by TLS can take as long once more."""

MOST_BYTES = 256 * 1024
LONGEST_URL = 2048
PUBLIC_PORTS = (443, 8443)
NEVER = (
    ip_network("169.254.0.0/16"),
    ip_network("fe80::/10"),
    ip_network("fd00:ec2::/32"),
    ip_network("100.100.100.200/32"),
)
"""Link-local addresses and the metadata services of clouds: no setting opens them."""

_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE = IPv6Network("::/96")
_STRANGE = re.compile(r"[\x00-\x20\x7f\\]")

Address = IPv4Address | IPv6Address


class CannotFetchError(RequestException):
    """We may not, or cannot, have that address; the message is for people."""

    def __init__(self, url: str) -> None:
        host = _host(url) or "an address that is none"
        super().__init__(
            f"Nothing could be read from {host[:100]}. It has to be a public https address on port "
            "443 or 8443; whoever runs this installation can allow networks of their own with "
            "SSO_ALLOWED_NETWORKS."
        )


def session() -> requests.Session:
    """Return a session that follows no redirect, uses no proxy and keeps no credentials of ours.

    Its calls raise a RequestException: CannotFetchError, or TooManyRedirects for a redirect.
    """
    found = requests.Session()
    found.trust_env = False
    found.max_redirects = 0
    found.headers.update({"User-Agent": "seller-posture", "Accept-Encoding": "identity"})
    found.mount("https://", _Guarded())
    found.mount("http://", _Guarded())
    return found


def may_be_fetched(url: str) -> bool:
    """Say whether the form of a URL is one that we call; its host is looked up only when we do."""
    try:
        _checked(url)
    except CannotFetchError:
        return False
    return True


class _Guarded(HTTPAdapter):
    """Dials the very address that was checked, under the name in the URL."""

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Ask with our own limits, whatever the caller set, and read at most 256 KiB."""
        url = str(request.url)
        request.headers["Host"] = _checked(url).netloc
        try:
            timeout: Any = Timeout(total=SECONDS)  # requests hands it on
            response = super().send(request, stream=True, timeout=timeout, verify=True)
            response.raw = io.BytesIO(b"".join(_pieces(response.raw)))
        except (RequestException, HTTPError, OSError, UnicodeError) as error:
            raise CannotFetchError(url) from error
        return response

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, *arguments: Any, **options: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Put the address in the place of the host; TLS still asks for the host's certificate."""
        host, pool = super().build_connection_pool_key_attributes(request, *arguments, **options)
        url = urlsplit(str(request.url))
        if url.scheme == "https":
            pool |= {"server_hostname": url.hostname, "assert_hostname": url.hostname}
        return {**host, "host": str(_address_of(url))}, pool

    def get_connection_with_tls_context(self, *arguments: Any, **options: Any) -> Any:
        """Have answers read by ourselves, against the clock."""
        pool = super().get_connection_with_tls_context(*arguments, **options)
        pool.ConnectionCls = _Tls if isinstance(pool, HTTPSConnectionPool) else _Plain
        return pool


class _Hurried(io.RawIOBase):
    """What comes from a socket until the time that was left when the answer began is over.

    A timeout of a socket begins anew with each byte, and a header may be sent byte by byte.
    """

    def __init__(self, peer: socket.socket) -> None:
        self._peer, self._inner = peer, cast("io.RawIOBase", peer.makefile("rb", buffering=0))
        self._until = time.monotonic() + (peer.gettimeout() or SECONDS)

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read some bytes; raises TimeoutError when it is too late."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._peer.settimeout(left)
        return self._inner.readinto(buffer)

    def close(self) -> None:
        """Let the socket go too."""
        self._inner.close()
        super().close()


class _Answer(HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp.close()
        self.fp = io.BufferedReader(_Hurried(sock))


class _Plain(HTTPConnection):
    response_class = _Answer


class _Tls(HTTPSConnection):
    response_class = _Answer


def _pieces(raw: Any) -> Iterator[bytes]:
    left = MOST_BYTES
    while piece := raw.read1(left + 1, decode_content=True):
        left -= len(piece)
        if left < 0:
            message = "too large"
            raise OSError(message)
        yield piece


def _checked(text: str) -> SplitResult:
    """Return the parts of a URL; raises CannotFetchError for a form of it that we never call."""
    try:
        url = urlsplit(text)
        if len(text) <= LONGEST_URL and not _STRANGE.search(text) and _is_ours_to_call(url):
            return url
    except ValueError:
        pass
    raise CannotFetchError(text)


def _is_ours_to_call(url: SplitResult) -> bool:
    """Whether scheme, host and port are such; raises ValueError for a host or port that is none."""
    if not url.hostname or "@" in url.netloc or url.port == 0:
        return False
    return url.scheme == "https" or (url.scheme == "http" and _is_here(url.hostname))


def _is_here(host: str) -> bool:
    """Whether plain http to it stays on this machine, and the operator allowed that."""
    address = ip_address(host)  # a ValueError for a name, which might lead anywhere
    return address.is_loopback and _is_allowed(address)


def _address_of(url: SplitResult) -> Address:
    """Look the host up, once; raises CannotFetchError when any of its addresses may not be called."""
    port = url.port or (443 if url.scheme == "https" else 80)
    found = socket.getaddrinfo(url.hostname, port, type=socket.SOCK_STREAM)
    addresses = [ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    if not addresses or not all(_may_be_called(one, port) for one in addresses):
        raise CannotFetchError(url.geturl())
    return addresses[0]


def _may_be_called(address: Address, port: int) -> bool:
    inner = _unwrapped(address)
    if any(one in network for one in (address, inner) for network in NEVER):
        return False
    if _is_allowed(address):
        return True
    is_public = inner.is_global and not (inner.is_multicast or inner.is_reserved)
    return is_public and port in PUBLIC_PORTS


def _is_allowed(address: Address) -> bool:
    return any(address in network for network in settings.SSO_ALLOWED_NETWORKS)


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, or leads to; else itself."""
    if isinstance(address, IPv4Address):
        return address
    if any(address in network for network in (*_NAT64, _COMPATIBLE)) and int(address) > 1:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
