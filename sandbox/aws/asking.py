"""What an answer is given: the world, who asks, for which account and region, and the parameters."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.aws import actions
from sandbox.aws.calls import CallLog
from sandbox.aws.faults import Faults
from sandbox.aws.principals import Keyring, Principal
from sandbox.aws.refusals import ApiError, deny
from sandbox.aws.state import AccountState, RegionState

Answer = dict[str, Any]
# What a handler returns when moto is to answer after all.
FORWARD: Final[None] = None


@dataclass
class World:
    """Everything that the fake AWS knows outside moto."""

    keyring: Keyring
    faults: Faults = field(default_factory=Faults)
    calls: CallLog = field(default_factory=CallLog)
    accounts: dict[str, AccountState] = field(default_factory=dict)
    page_sizes: dict[str, int] = field(default_factory=dict)
    open_control: bool = False

    def forget(self) -> None:
        """Return to the state of a fresh start: no account, no session, no fault, no call."""
        self.keyring = Keyring(self.keyring.access_key, self.keyring.secret_key)
        self.faults.clear()
        self.calls.forget()
        self.accounts.clear()
        self.page_sizes = {}

    def account(self, number: str) -> AccountState:
        """The state of an account, made on first sight."""
        return self.accounts.setdefault(number, AccountState(number))


@dataclass(frozen=True)
class Ask:
    """One allowed call. `params` holds the request's members by their names in AWS's model."""

    world: World
    principal: Principal
    service: str
    operation: str
    protocol: str
    region: str
    params: dict[str, Any]

    @property
    def account(self) -> AccountState:
        """The account of the caller."""
        return self.world.account(self.principal.account)

    @property
    def here(self) -> RegionState:
        """The caller's account in the region of the call."""
        return self.account.region(self.region)

    @property
    def action(self) -> str:
        """The IAM action that the call needs."""
        return actions.needed_action(self.service, self.operation)

    def denied(self, why: str) -> ApiError:
        """The service's refusal of this call; `why` is the clause that explains it."""
        return deny(self.service, self.protocol, self.principal.arn, self.action, why)


Handler = Callable[[Ask], Answer | None]
