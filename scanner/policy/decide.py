"""One request against all policies that apply to it: allowed, denied, or allowed if."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from scanner.policy.conditions import Condition, every, some
from scanner.policy.context import ContextValue, context_of
from scanner.policy.document import Policy, parse
from scanner.policy.judgement import Because, Layer, LayerName, Question
from scanner.policy.principals import Match, Requester, account_of, requester
from scanner.policy.services import always_allowed, needs_resource_policy, never_allowed
from scanner.vocabulary import Unobserved, known

Effect = Literal["allowed", "explicitly_denied", "implicitly_denied", "conditional"]

Document = str | bytes | Mapping[str, object] | Policy | Unobserved
Several = Document | Sequence[Document] | None


@dataclass(frozen=True, slots=True)
class Request:
    """One call: who, what, on what.

    `principal` is an ARN (user, role, session, root), a 12-digit account, a service such as
    `sns.amazonaws.com`, an identity provider, or `*` for nobody known. `resource` is an ARN or `*`.
    An empty `resource_account` is read from the resource's ARN, else taken to be the principal's.
    In `context`, names of keys have no case; an absent key is absent. With `unknown`, absent keys
    are unknown instead, and only those that are None are absent.
    """

    principal: str
    action: str
    resource: str
    resource_account: str = ""
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies that apply to a request: parsed JSON, JSON text, or policies already read.

    None, an empty text and an empty list mean that there is no such policy. `scps` and `rcps` hold
    one list per level, root first; at every level of `scps` something must allow.
    """

    identity: Several = ()
    boundary: Several = None
    session: Several = None
    resource: Several = None
    scps: Sequence[Sequence[Document]] | None = None
    rcps: Sequence[Sequence[Document]] | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome with the statements that decided it.

    `because` are the Deny statements of an explicit denial, else the Allow statements that were
    needed; for "conditional" also Deny statements that may apply. `missing` names the layers that
    had to allow and did not, for an implicit denial; "service" when AWS lets nobody do it.
    """

    effect: Effect
    because: tuple[Because, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The undecided conditions of Allow statements: they would have to hold."""
        return tuple(c for one in self.because if one.statement.allows for c in one.conditions)

    @property
    def unless(self) -> tuple[Condition, ...]:
        """The undecided conditions of Deny statements: they would have to fail."""
        return tuple(c for one in self.because if not one.statement.allows for c in one.conditions)


def decide(request: Request, policies: Policies) -> Decision:
    """Decide a request as AWS documents it (IAM reference, Policy evaluation logic).

    An explicit Deny anywhere wins. Within an account an identity policy or a resource policy that
    names the caller suffices; roles' trust policies and KMS key policies must allow in any case.
    Across accounts both sides must. Boundaries, session policies, SCPs and RCPs only narrow.
    Raises NotSeen when a policy could not be read or understood: then there is no answer.
    """
    caller = requester(request.principal)
    if always_allowed(request.action, caller):
        return Decision("allowed")
    layers = _layers(request, policies, caller)
    denies = tuple(one for layer in layers.all() for one in layer.denies)
    certain = tuple(one for one in denies if one.is_certain)
    if certain:
        return Decision("explicitly_denied", certain)
    if never_allowed(request.action, request.resource, caller):
        return Decision("implicitly_denied", missing=("service",))
    ways = [(*way, *layers.guards) for way in _ways(request, caller, layers)]
    return _weigh(ways, denies)


@dataclass(frozen=True, slots=True)
class _Layers:
    """The layers that apply to this caller; `limits` are its boundary and session policies."""

    identity: Layer
    limits: tuple[Layer, ...]
    resource: Mapping[Match, Layer]
    guards: tuple[Layer, ...]
    unguarded: tuple[Layer, ...]
    """RCP levels without any Allow: RCPFullAWSAccess, which nobody can detach, allows there."""

    def all(self) -> tuple[Layer, ...]:
        return (
            self.identity, *self.limits, *self.resource.values(), *self.guards, *self.unguarded,
        )  # fmt: skip


def _layers(request: Request, policies: Policies, caller: Requester) -> _Layers:
    """Read the policies and ask those that apply to this kind of caller (see `_ways`)."""
    boundary, session = _read(policies.boundary), _read(policies.session)
    context = context_of(request.context, unknown=request.unknown)
    question = Question(request.action, request.resource, context, caller, bool(boundary))
    has_own = caller.account is not None and not caller.is_root
    limits = []
    if has_own and boundary:
        limits.append(question.identity("boundary", boundary))
    if has_own and session:
        limits.append(question.identity("session", session))
    scps = _levels(question, "scp", policies.scps if caller.account else None, caller)
    rcps = _levels(question, "rcp", policies.rcps, caller)
    guarding = [layer for layer, has_allow in rcps if has_allow]
    return _Layers(
        question.identity("identity", _read(policies.identity) if has_own else ()),
        tuple(limits),
        question.resource_policies(_read(policies.resource)),
        (*(layer for layer, _ in scps), *guarding),
        tuple(layer for layer, has_allow in rcps if not has_allow),
    )


def _levels(
    question: Question,
    name: LayerName,
    levels: Sequence[Sequence[Document]] | None,
    caller: Requester,
) -> list[tuple[Layer, bool]]:
    """Ask each level of SCPs or RCPs; service-linked roles are beyond them (R12)."""
    found: list[tuple[Layer, bool]] = []
    start = 0
    for level in () if caller.is_service_linked else levels or ():
        policies = _read(level)
        has_allow = any(policy.allows() for policy in policies)
        found.append((question.identity(name, policies, start), has_allow))
        start += len(policies)
    return found


def _read(given: Several) -> tuple[Policy, ...]:
    """Read one policy, several or none; raises NotSeen for one that cannot be known."""
    if given is None or given in ("", b""):
        return ()
    if isinstance(given, str | bytes | Mapping):
        return (known(parse(given, source="policy")),)
    if isinstance(given, Policy | Unobserved):
        return (known(given),)
    return tuple(policy for one in given for policy in _read(one))


def _ways(request: Request, caller: Requester, layers: _Layers) -> list[tuple[Layer, ...]]:
    """Give the ways to be allowed; each is a list of layers that must all allow.

    Within an account a resource policy that names the caller itself, or everyone, is not limited
    by boundary and session policy; one that names the role behind a session is (IAM reference,
    Policy evaluation logic, Resource-based policies and implicit denies).
    """
    named = layers.resource
    anyhow = Layer("resource", tuple(one for layer in named.values() for one in layer.found))
    own = (layers.identity, *layers.limits)
    if caller.is_federated_user and not any(one.name == "session" for one in layers.limits):
        own = (Layer("session", ()),)
    if caller.account is None:
        return [(anyhow,)]
    if caller.account != _owner(request, caller):
        return [(anyhow,) if caller.is_root else (*own, anyhow)]
    needed = needs_resource_policy(request.action, request.resource)
    if caller.is_root:
        return [(anyhow,) if needed else ()]
    return [
        (*own, named["account"]) if needed else own,
        (named["role"], *layers.limits),
        (named["direct"],),
    ]


def _owner(request: Request, caller: Requester) -> str | None:
    return request.resource_account or account_of(request.resource) or caller.account


def _weigh(ways: Sequence[Sequence[Layer]], doubts: tuple[Because, ...]) -> Decision:
    """Choose among the ways: an open one, else one that may be; `doubts` are Denies that may apply."""
    states = [every([layer.state for layer in way]) for way in ways]
    best = some(states)
    if best is False:
        missing = (layer.name for way in ways for layer in way if layer.state is False)
        return Decision("implicitly_denied", missing=tuple(dict.fromkeys(missing)))
    taken = (way for way, state in zip(ways, states, strict=True) if state is best)
    allows = dict.fromkeys(one for way in taken for layer in way for one in layer.allows)
    if best and not doubts:
        return Decision("allowed", tuple(allows))
    return Decision("conditional", (*allows, *doubts))
