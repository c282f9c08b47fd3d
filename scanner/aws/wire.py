"""The wire: requests through botocore, one client per service and region, watched by hooks."""

from __future__ import annotations

import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from scanner.aws.actions import action_of
from scanner.aws.asking import SERIAL, Answer, Calls, Limits, Service, ceiling_name
from scanner.aws.pace import Rate, Slots, Turn
from scanner.aws.trouble import CutAnswer, Kind, Trouble, Undeclared, refusal, visible
from scanner.aws.whole import check_whole

if TYPE_CHECKING:
    from botocore.model import OperationModel
    from botocore.session import Session

BROKEN = (ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""What botocore's parsers raise on documents that are not of the announced shape."""

UNWELL = {"ConnectionClosedError": "ConnectionClosed", "HTTPClientError": "ConnectionBroken"}
ACCOUNT_IN_FRONT = re.compile(
    r"(?P<scheme>https?://)\d{12}\.(?=(\d+(\.\d+){3}|localhost)(:\d+)?(/|$))", re.ASCII
)
NETWORK = {
    "EndpointConnectionError": "Unreachable",
    "ConnectTimeoutError": "ConnectTimeout",
    "ReadTimeoutError": "ReadTimeout",
    "ProxyConnectionError": "ProxyUnreachable",
    "SSLError": "UntrustedCertificate",
}
"""Names of botocore's exceptions as error codes that people can read."""


def client_of(session: Session, service: Service, limits: Limits) -> Any:
    """Make a client with our time limits and retries; credentials are the session's."""
    from botocore import __version__ as version
    from botocore.config import Config
    from botocore.handlers import json_decode_policies

    config = Config(
        retries={"mode": "standard", "total_max_attempts": limits.attempts},
        connect_timeout=limits.connect,
        read_timeout=limits.read,
        max_pool_connections=limits.in_flight,
        user_agent=f"seller-posture Botocore/{version}",
    )
    client = session.create_client(service.name, region_name=service.region, config=config)
    # Policies stay the text that AWS sent: botocore's dicts forget repeated keys.
    client.meta.events.unregister("after-call.iam", json_decode_policies)
    client.meta.events.register("before-sign.s3-control", _leave_address_alone)
    return client


def _leave_address_alone(request: Any, **_: Any) -> None:
    """Take the account that S3 Control puts in front of a host off an IP address or localhost.

    No resolver knows such a name; it comes up with AWS_ENDPOINT_URL only, never on AWS itself.
    """
    prefixed = ACCOUNT_IN_FRONT.match(request.url)
    if prefixed is not None:
        request.url = prefixed["scheme"] + request.url[prefixed.end() :]


def send(client: Any, operation: str, params: Answer) -> Answer:
    """Call an operation ("ListQueues") of a client; raises Trouble for all that can go wrong."""
    from botocore import xform_name
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        answer: Answer = getattr(client, xform_name(operation))(**params)
    except ClientError as error:
        said = error.response.get("Error", {})
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        trouble = refusal(str(said.get("Code", "")), status, str(said.get("Message", "")))
    except (CutAnswer, ResponseParserError) as error:
        trouble = Trouble("BadAnswer", Kind.UNWELL, visible(str(error), 120))
    except BotoCoreError as error:
        name = type(error).__name__
        kind = Kind.UNWELL if name in UNWELL else Kind.OTHER
        trouble = Trouble(UNWELL.get(name) or NETWORK.get(name, name), kind)
    except BROKEN as error:
        trouble = Trouble("BadAnswer", Kind.UNWELL, type(error).__name__)
    else:
        return answer
    raise trouble


def watch_bodies(client: Any) -> None:
    """Make every answer of the client prove that it is whole."""

    def check(operation_model: OperationModel, response_dict: Answer, **_: Any) -> None:
        protocol = operation_model.service_model.resolved_protocol
        check_whole(str(protocol), operation_model.name, response_dict)

    client.meta.events.register("before-parse", check)


Watch = Callable[[Service, str], None]
"""Hears of a request that was "sent", and of one that AWS "denied"; called from many threads."""


Held = Callable[[Service, str, Turn], None]
"""Hears of every turn that was booked under the ceiling of a name; called from many threads."""

WITHOUT_CHECK = 0.25
"""Seconds for which a call is held back at most before it asks whether the scan has ended."""


def _ignore(_service: Service, _event: str) -> None:
    """Nobody watches."""


def _never_held(_service: Service, _name: str, _turn: Turn) -> None:
    """Nobody watches."""


class BotoWire:
    """Carries the requests of one scan; credentials live in the botocore session.

    `check` is called before every attempt and may raise; `watch` hears of what happens to them,
    and `held` of how long they wait for the ceiling of `account`, which rules once it is known.
    """

    def __init__(
        self,
        session: Session,
        actions: frozenset[str],
        limits: Limits,
        renew: Callable[[], bool],
    ) -> None:
        self.calls = Calls()
        self.check: Callable[[], None] = lambda: None
        self.watch: Watch = _ignore
        self.held: Held = _never_held
        self.account = ""
        self._session = session
        self._actions = actions
        self._limits = limits
        self._renew = renew
        self._clients: dict[Service, Any] = {}
        self._lock = threading.Lock()
        self._counting = threading.Lock()
        self._slots = Slots(limits.in_flight)
        self._rates: dict[Service, Rate] = defaultdict(Rate)
        self._here = threading.local()

    def renew(self) -> bool:
        """Get new credentials for the same role; False when there is no role to assume again."""
        return self._renew()

    def endpoint(self, service: Service) -> str:
        """The address that requests to this service go to."""
        return str(self._client(service).meta.endpoint_url)

    def close(self) -> None:
        """End the connections at once: clients are in cycles, so Python frees them some time later."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def ask(self, service: Service, operation: str, params: Answer) -> Answer:
        """Send one request, with botocore's retries, and give the answer; raises Trouble."""
        try:
            return send(self._client(service), operation, params)
        except Trouble as trouble:
            if trouble.kind is Kind.DENIED:
                with self._counting:
                    self.calls.denied += 1
                self.watch(service, "denied")
            raise
        finally:
            self._give_slot()

    def _client(self, service: Service) -> Any:
        with self._lock:
            if service not in self._clients:
                client = client_of(self._session, service, self._limits)
                watch_bodies(client)
                self._watch_attempts(client, service)
                self._clients[service] = client
            return self._clients[service]

    def _watch_attempts(self, client: Any, service: Service) -> None:
        rate = self._rates[service]

        def before_call(model: OperationModel, **_: Any) -> None:
            if action_of(service.name, model.name) not in self._actions:
                message = f"{service.name} {model.name} is not on the scan's allow list"
                raise Undeclared(message)

        def before_send(event_name: str, **_: Any) -> None:
            self.check()
            delay = rate.delay()
            if delay:
                time.sleep(delay)
            self._wait_for_turn(service, event_name.rsplit(".", 1)[-1])
            self._slots.take(urgent=service.name in SERIAL)
            self._here.holds = True
            action = action_of(service.name, event_name.rsplit(".", 1)[-1])
            with self._counting:
                self.calls.by_action[action] += 1
            self.watch(service, "sent")

        def received(parsed_response: Answer | None, **_: Any) -> None:
            self._give_slot()
            throttled = _is_throttled(parsed_response)
            rate.note(throttled=throttled)
            with self._counting:
                self.calls.throttled += throttled

        client.meta.events.register("before-call", before_call)
        client.meta.events.register("before-send", before_send)
        client.meta.events.register("response-received", received)

    def _wait_for_turn(self, service: Service, operation: str) -> None:
        """Stay below the ceiling of the account; before a slot is taken, so that others may go."""
        ceiling = self._limits.ceiling
        if ceiling is None or not self.account:
            return
        name = ceiling_name(service.name, operation)
        turn = ceiling.turn(self.account, name, service.region)
        self.held(service, name, turn)
        until = time.monotonic() + turn.seconds
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, WITHOUT_CHECK))
            self.check()

    def _give_slot(self) -> None:
        """Free this thread's slot; a parser that fails ends an attempt without its last event."""
        if getattr(self._here, "holds", False):
            self._here.holds = False
            self._slots.give()


def _is_throttled(parsed: Answer | None) -> bool:
    error = (parsed or {}).get("Error") or {}
    status = (parsed or {}).get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return bool(error) and refusal(str(error.get("Code")), status, "").kind is Kind.THROTTLED
