"""Scans of one account that ask AWS again only for what is at stake, and remember the rest.

A scan takes its time in a hundred requests, nearly all of which are answered as in the scan
before. Those by the actions at stake go through the real wire to the fake AWS, with the faults
that are in force there; planning, collecting and judging are the real ones.
"""

from __future__ import annotations

from collections.abc import Collection
from copy import deepcopy

from sandbox.aws import clock
from scanner.aws import Answer, Aws, Calls, Limits, Place, Role, Service, Trouble, action_of
from scanner.aws.session import assumed_session, open_session
from scanner.aws.wire import BotoWire
from scanner.collect.plan import ALL_ACTIONS, Plan, actions_for, collect, services_for
from scanner.collect.progress import Progress
from scanner.controls import every_control
from scanner.facts.account import Account
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.report import Report
from scanner.scan import judged
from scanner.vocabulary import Topic


class RememberingWire:
    """A wire that asks by the actions at stake only, and for what it was never asked before."""

    def __init__(self, wire: BotoWire) -> None:
        self.at_stake: Collection[str] = ()
        self.learns = True
        """Whether what is at stake is to be remembered, too."""
        self.calls = Calls()
        self._wire = wire
        self._said: dict[str, Answer | Trouble] = {}

    def ask(self, service: Service, operation: str, params: Answer) -> Answer:
        """Answer as AWS does or, when nothing is at stake, as it did the last time."""
        action = action_of(service.name, operation)
        self.calls.by_action[action] += 1
        question = repr((service, operation, sorted(params.items())))
        said = None if action in self.at_stake else self._said.get(question)
        if said is None:
            said = self._outcome(service, operation, params)
        if self.learns or action not in self.at_stake:
            self._said[question] = said
        if isinstance(said, Trouble):
            raise Trouble(said.code, said.kind, said.detail)
        return deepcopy(said)

    def _outcome(self, service: Service, operation: str, params: Answer) -> Answer | Trouble:
        try:
            return self._wire.ask(service, operation, params)
        except Trouble as trouble:
            return trouble

    def close(self) -> None:
        """It is used again, so its connections stay."""

    def renew(self) -> bool:
        """Get new credentials for the role."""
        return self._wire.renew()

    def endpoint(self, service: Service) -> str:
        """The address that requests to this service go to."""
        return self._wire.endpoint(service)


class RememberedAccount:
    """An account that is scanned as a whole once, and then as often as one likes."""

    def __init__(self, role: Role, limits: Limits) -> None:
        """Enter through the role and scan everything; the scanner's environment is set."""
        session, renew = assumed_session(open_session(), role, actions=ALL_ACTIONS, limits=limits)
        self._role, self._limits = role, limits
        self.now = clock.days_ago(0)
        self._wire = RememberingWire(BotoWire(session, frozenset(ALL_ACTIONS), limits, renew))
        self.before = self.scan(at_stake=ALL_ACTIONS)
        """What the scanner says when it may read everything."""
        self._wire.learns = False

    def scan(
        self, *, at_stake: Collection[str], topics: Collection[Topic] = tuple(Topic)
    ) -> Report:
        """Scan these topics; what is read by the actions at stake is read again."""
        read = {name for one in every_control() if one.topic in topics for name in one.services}
        plan = Plan(services=services_for(read), profile=Profile(), now=self.now)
        self._wire.at_stake = at_stake
        actions = actions_for(plan.services)
        aws = Aws(self._wire, Place(self._role.account), actions=actions, limits=self._limits)
        try:
            facts = collect(aws, plan, Progress(lambda _picture: None))
        finally:
            aws.close()
        snapshot = Snapshot(
            account=Account(aws.account, aws.partition),
            now=self.now,
            profile=plan.profile,
            topics=tuple(one for one in Topic if one in topics),
            scan_role=self._role.arn,
            **facts,
        )
        return judged(snapshot)
