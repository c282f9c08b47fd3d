"""Slots are handed on in order, and a rate is learned from throttled answers."""

import threading

import pytest

from scanner.aws.pace import Rate, Slots, Spacing


class Clock:
    """Time that only passes when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_slots_go_to_urgent_callers_first_and_then_in_order() -> None:
    slots = Slots(1)
    slots.take()
    order: list[str] = []

    def caller(name: str, *, urgent: bool) -> threading.Thread:
        def run() -> None:
            slots.take(urgent=urgent)
            order.append(name)
            slots.give()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    threads = []
    for number, (name, urgent) in enumerate((("a", False), ("b", False), ("iam", True)), 1):
        threads.append(caller(name, urgent=urgent))
        while slots.waiting < number:
            pass
    slots.give()
    for thread in threads:
        thread.join()
    assert order == ["iam", "a", "b"]


def test_a_slot_given_back_is_free_for_the_next() -> None:
    slots = Slots(1)
    slots.take()
    slots.give()
    slots.take()
    assert slots.waiting == 0


def test_spacing_books_turns_that_far_apart() -> None:
    clock = Clock()
    spacing = Spacing(0.5, clock=clock)
    assert [spacing.delay() for _ in range(3)] == [0.0, 0.5, 1.0]
    clock.now += 10
    assert spacing.delay() == 0.0


def test_spacing_lets_a_few_calls_through_at_once_after_a_rest() -> None:
    clock = Clock()
    spacing = Spacing(0.5, 3, clock)
    assert [spacing.delay() for _ in range(5)] == [0.0, 0.0, 0.0, 0.5, 1.0]
    clock.now += 60
    assert [spacing.delay() for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]


def answers(
    rate: Rate, clock: Clock, *, of_ten_throttled: int, number: int, seconds: float
) -> None:
    for count in range(number):
        clock.now += seconds
        rate.note(throttled=count % 10 < of_ten_throttled)


def test_a_rate_is_unlimited_while_few_answers_are_throttled() -> None:
    clock = Clock()
    rate = Rate(clock)
    answers(rate, clock, of_ten_throttled=3, number=300, seconds=0.01)
    assert rate.limit is None
    assert rate.delay() == 0.0


def test_a_rate_is_halved_while_most_answers_are_throttled() -> None:
    clock = Clock()
    rate = Rate(clock)
    answers(rate, clock, of_ten_throttled=9, number=30, seconds=0.01)
    assert rate.limit == pytest.approx(50)
    answers(rate, clock, of_ten_throttled=9, number=30, seconds=0.01)
    assert rate.limit == pytest.approx(25)
    assert [rate.delay(), rate.delay()] == pytest.approx([0.0, 1 / 25])


def test_a_rate_never_falls_below_the_slowest() -> None:
    clock = Clock()
    rate = Rate(clock)
    answers(rate, clock, of_ten_throttled=10, number=600, seconds=0.01)
    assert rate.limit == Rate.SLOWEST


def test_a_rate_grows_again_until_it_is_lifted() -> None:
    clock = Clock()
    rate = Rate(clock)
    answers(rate, clock, of_ten_throttled=9, number=30, seconds=0.01)
    answers(rate, clock, of_ten_throttled=0, number=30, seconds=0.01)
    assert rate.limit == pytest.approx(62.5)
    answers(rate, clock, of_ten_throttled=0, number=300, seconds=0.01)
    assert rate.limit is None
