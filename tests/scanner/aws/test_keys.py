"""Keys are renewed in time, once for all threads, and never more often than makes sense."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from scanner.aws.keys import Keeper, Keys
from scanner.aws.trouble import CannotReach

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


class Sts:
    """Hands out numbered keys; the clock is both of the keeper's."""

    def __init__(self, *, lasting: float = 900, skew: float = 0) -> None:
        self.now = 0.0
        self.given = 0
        self.refuses = False
        self._lasting = lasting
        self._skew = skew

    def __call__(self) -> Keys:
        if self.refuses:
            raise CannotReach("unreachable", "No answer.", "Wait.")
        self.given += 1
        expires = NOW + timedelta(seconds=self.now + self._lasting + self._skew)
        return Keys(f"key-{self.given}", "secret", "token", expires)

    def clock(self) -> float:
        return self.now

    def pass_time(self, seconds: float, keeper: Keeper) -> str:
        self.now += seconds
        with time_machine.travel(NOW + timedelta(seconds=self.now), tick=False):
            return keeper.keys().access_key


def a_keeper(sts: Sts) -> Keeper:
    with time_machine.travel(NOW, tick=False):
        return Keeper(sts, lasting=900, before=300, clock=sts.clock)


def test_keys_are_renewed_five_minutes_before_they_end() -> None:
    sts = Sts()
    keeper = a_keeper(sts)
    assert sts.pass_time(599, keeper) == "key-1"
    assert sts.pass_time(1, keeper) == "key-2"


def test_a_session_of_two_minutes_outlives_a_scan_of_ten() -> None:
    sts = Sts(lasting=120)
    keeper = a_keeper(sts)
    used = [sts.pass_time(1, keeper) for _ in range(600)]
    assert len(set(used)) == 11


@pytest.mark.parametrize("skew", [-3_600, 3_600])
def test_a_wrong_clock_does_not_make_every_request_ask_for_keys(skew: float) -> None:
    sts = Sts(skew=skew)
    keeper = a_keeper(sts)
    assert {sts.pass_time(1, keeper) for _ in range(300)} == {"key-1"}


def test_a_failed_early_renewal_is_tried_again_while_the_keys_still_work() -> None:
    sts = Sts()
    keeper = a_keeper(sts)
    sts.refuses = True
    assert sts.pass_time(700, keeper) == "key-1"
    sts.refuses = False
    assert sts.pass_time(29, keeper) == "key-1"
    assert sts.pass_time(1, keeper) == "key-2"


def test_keys_that_ended_and_cannot_be_renewed_end_the_scan() -> None:
    sts = Sts()
    keeper = a_keeper(sts)
    sts.refuses = True
    with pytest.raises(CannotReach):
        sts.pass_time(901, keeper)


def test_keys_never_show_themselves() -> None:
    keys = Keys("AKIACANARY", "canary-secret", "canary-token", NOW)
    assert "canary" not in repr(keys).lower()
