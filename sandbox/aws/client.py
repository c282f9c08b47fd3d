"""Drives a running fake AWS: seeds, roles, faults, the call log; starts one in a thread of this process."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from sandbox.aws.calls import Call
from sandbox.aws.faults import Fault
from sandbox.aws.principals import SCANNER_ARN
from sandbox.aws.roles import DEFAULT_NAME, Document
from sandbox.aws.seeds.making import Maker
from sandbox.aws.server import Server
from sandbox.aws.state import AccountState

REGION = "us-east-1"
ACCESS_KEY = "AKIASELLERPOSTURE234"
SECRET_KEY = "the-fake-aws-never-checks-a-signature-00"


class FakeAwsError(Exception):
    """The fake AWS refused a control request; the text says why."""


class FakeAws:
    """A client of a running fake AWS, in this process or another one."""

    def __init__(
        self, url: str, *, access_key: str = ACCESS_KEY, secret_key: str = SECRET_KEY
    ) -> None:
        self.url = url.rstrip("/")
        self._keys = (access_key, secret_key)
        self._server: Server | None = None

    @classmethod
    def start(
        cls,
        *,
        seed: tuple[str, ...] = (),
        access_key: str = ACCESS_KEY,
        secret_key: str = SECRET_KEY,
    ) -> "FakeAws":
        """Start one in a thread of this process, on a free port of 127.0.0.1, with these seeds.

        It stops with stop() or at the end of a `with` block. A process can run one at a time.
        """
        server = Server(access_key=access_key, secret_key=secret_key)
        server.serve_in_thread()
        fake = cls(server.url, access_key=access_key, secret_key=secret_key)
        fake._server = server
        try:
            for name in seed:
                fake.seed(name)
        except FakeAwsError:
            fake.stop()
            raise
        return fake

    def stop(self) -> None:
        """Stop the server that start() started; a client of another process's server has nothing to stop."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def __enter__(self) -> "FakeAws":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def environment(self) -> dict[str, str]:
        """The environment variables that make a process the scanner, talking to this fake AWS."""
        return self._environment(*self._keys)

    def admin_environment(self, account: str) -> dict[str, str]:
        """The same for the administrator of an account, who may do everything in it."""
        keys = self._ask("GET", f"administrator/{account}")
        return self._environment(keys["access_key"], keys["secret_key"])

    def admin_profile(self, account: str, folder: Path, profile: str = "default") -> dict[str, str]:
        """The environment in which a profile holds the administrator's key and nothing else does; writes a file into `folder`."""
        environment = self.admin_environment(account)
        credentials = folder / "credentials"
        key, secret = environment.pop("AWS_ACCESS_KEY_ID"), environment.pop("AWS_SECRET_ACCESS_KEY")
        credentials.write_text(
            f"[{profile}]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n"
        )
        return environment | {"AWS_SHARED_CREDENTIALS_FILE": str(credentials)}

    def _environment(self, access_key: str, secret_key: str) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": secret_key,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def create_scan_role(  # noqa: PLR0913 - keyword-only, each names one fact
        self,
        *,
        account: str,
        external_id: str | None,
        policy_document: Document,
        role_name: str = DEFAULT_NAME,
        principal_arn: str = SCANNER_ARN,
        trust_document: Document | None = None,
        max_session: int = 3600,
    ) -> str:
        """Create or replace the role that a seller would create; returns its ARN."""
        role = {
            "account": account, "external_id": external_id, "policy_document": policy_document, "role_name": role_name,
            "principal_arn": principal_arn, "trust_document": trust_document, "max_session": max_session,
        }  # fmt: skip
        return str(self._ask("POST", "scan-role", role)["arn"])

    def inject(self, *faults: Fault) -> None:
        """Put faults in force, beside those that are."""
        self._ask("POST", "faults", [asdict(fault) for fault in faults])

    def clear_faults(self) -> None:
        """Lift all faults; calls that wait for one go on."""
        self._ask("DELETE", "faults")

    def struck(self) -> list[int]:
        """How many calls each fault in force has struck so far, those that still wait included."""
        return [int(fault["struck"]) for fault in self._ask("GET", "faults")]

    def force_pages(self, sizes: Mapping[str, int]) -> None:
        """Let these IAM actions answer in pages of at most so many items; an empty mapping lifts it."""
        self._ask("PUT", "page-sizes", dict(sizes))

    def shorten_sessions(self, seconds: int | None) -> None:
        """End open and future role sessions after so many seconds; 0 ends them now, None lifts it for new ones."""
        self._ask("PUT", "sessions", {"seconds": seconds})

    def calls(self, action: str = "*") -> list[Call]:
        """The calls received so far whose IAM action matches the glob, in the order of their end."""
        return [Call(**call) for call in self._ask("GET", f"calls?action={action}")]

    def count_calls(self, action: str = "*") -> dict[str, int]:
        """How many calls each IAM action had."""
        counts: dict[str, int] = self._ask("GET", f"calls?count=1&action={action}")["by_action"]
        return counts

    def forget_calls(self) -> None:
        """Empty the call log."""
        self._ask("DELETE", "calls")

    def seed(self, name: str, **options: int) -> list[str]:
        """Fill the accounts of a seed; returns their ids."""
        accounts: list[str] = self._ask("POST", "seed", {"name": name, **options})["accounts"]
        return accounts

    def accounts(self) -> list[dict[str, Any]]:
        """The accounts that exist, with the administrator's key of each."""
        accounts: list[dict[str, Any]] = self._ask("GET", "accounts")
        return accounts

    def change_state(self, account: str, /, **fields: Any) -> dict[str, Any]:
        """Replace fields of an account's own state, given as JSON values; returns the whole state."""
        state: dict[str, Any] = self._ask("PATCH", f"state/{account}", fields)
        return state

    def reset(self) -> None:
        """Forget all accounts, roles, sessions, faults and calls."""
        self._ask("POST", "reset")

    def state(self, account: str) -> AccountState:
        """The live state of an account; only in the process that runs the server."""
        if self._server is None:
            raise RuntimeError(
                "The state can be touched only in the process that runs the fake AWS; use change_state."
            )
        return self._server.world.account(account)

    def iam(self, account: str) -> Any:
        """moto's IAM backend of an account; only in the process that runs the server."""
        from sandbox.aws.identities import iam

        if self._server is None:
            raise RuntimeError("IAM can be touched only in the process that runs the fake AWS.")
        return iam(account)

    def maker(self, account: str) -> Maker:
        """What puts users, queues, images into an account; only in the process that runs the server."""
        if self._server is None:
            raise RuntimeError("A maker works only in the process that runs the fake AWS.")
        return Maker(self._server.world, account)

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(
                method,
                f"/_sandbox/{path}",
                text,
                {"Content-Type": "application/json", "Connection": "close"},
            )
            response = connection.getresponse()
            content = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise FakeAwsError(content["error"])
        return content
