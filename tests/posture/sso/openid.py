"""A little OpenID provider on 127.0.0.1 that does what it should, and lies when a test tells it to."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

CLIENT, SECRET = "posture", "a secret between the two"
Claims = dict[str, Any]


@cache
def key(name: str = "published") -> RSAPrivateKey:
    """A key of the provider; only the one that is called published stands in its JWKS."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def signed(claims: Claims) -> str:
    """An ID token as it should be."""
    return jwt.encode(claims, key(), "RS256", headers={"kid": "k1"})


class OpenId:
    """What it says of a person, and how it says it; tests change either."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.person: Claims = {
            "sub": "subject-1", "email": "alice@acme.example", "email_verified": True,
        }  # fmt: skip
        self.lies: Claims = {}
        self.sign: Callable[[Claims], str] = signed
        self.userinfo: Claims = {}
        self.config: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[dict[str, str]] = []

    def discovery(self) -> dict[str, Any]:
        """The document under /.well-known."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            **self.config,
        }

    def jwks(self) -> dict[str, Any]:
        """The published key."""
        published = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key().public_key()))
        return {"keys": [{**published, "kid": "k1", "use": "sig", "alg": "RS256"}]}

    def authorize(self, asked: dict[str, str]) -> str:
        """Where the browser goes once somebody has signed in here."""
        self.asked.append(asked)
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """The tokens for a code, once, with the secret and the verifier that belong to it."""
        asked = self.codes.pop(form.get("code", ""), None)
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proved = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if asked is None or authorization != basic or proved != asked["code_challenge"]:
            return None
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "auth_time": now,
            "nonce": asked["nonce"], **self.person, **self.lies,
        }  # fmt: skip
        kept = {name: value for name, value in claims.items() if value is not None}
        return {"access_token": "opaque", "token_type": "Bearer", "id_token": self.sign(kept)}


class Handler(BaseHTTPRequestHandler):
    """Its addresses."""

    provider: OpenId

    def do_GET(self) -> None:
        """Discovery, keys, userinfo, and the sign-in page, which asks nothing."""
        url = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/authorize":
            self._send(302, b"", Location=self.provider.authorize(asked))
            return
        found: dict[str, Callable[[], dict[str, Any]]] = {
            "/.well-known/openid-configuration": self.provider.discovery,
            "/jwks": self.provider.jwks,
            "/userinfo": lambda: {"sub": self.provider.person["sub"], **self.provider.userinfo},
        }
        self._json(200, found[url.path]())

    def do_POST(self) -> None:
        """Codes into tokens."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        tokens = self.provider.token(form, self.headers.get("Authorization", ""))
        self._json(200 if tokens else 400, tokens or {"error": "invalid_grant"})

    def _json(self, status: int, found: dict[str, Any]) -> None:
        self._send(status, json.dumps(found).encode(), **{"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def openid() -> Iterator[OpenId]:
    """A provider that runs as long as the block."""

    class Own(Handler):
        """Of this provider."""

    with serving(Own) as address:
        Own.provider = OpenId(address)
        yield Own.provider


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """A server on 127.0.0.1; yields its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
