"""What a fair order of claims would have made of the waits of a run."""

from bench.shares import Ran, fair_waits, quantile


def one_worker(order: str) -> list[Ran]:
    """Scans of a second each, one after the other, all queued at the start."""
    return [Ran(whose, 0.0, float(n), n + 1.0) for n, whose in enumerate(order)]


def test_turns_are_taken_however_the_run_went() -> None:
    fair = fair_waits(one_worker("aaaab"))
    assert fair == {"a": [0.0, 2.0, 3.0, 4.0], "b": [1.0]}


def test_a_fair_run_is_its_own_share() -> None:
    assert fair_waits(one_worker("abaaa")) == {"a": [0.0, 2.0, 3.0, 4.0], "b": [1.0]}


def test_the_fewest_running_go_first() -> None:
    ran = [Ran("a", 0.0, 0.0, 9.0), Ran("a", 0.0, 1.0, 9.0), Ran("b", 0.5, 2.0, 9.0)]
    assert fair_waits(ran) == {"a": [0.0, 2.0], "b": [0.5]}


def test_nobody_is_served_before_they_ask() -> None:
    ran = [Ran("a", 0.0, 0.0, 1.0), Ran("a", 0.0, 1.0, 2.0), Ran("b", 1.5, 2.0, 3.0)]
    assert fair_waits(ran) == {"a": [0.0, 1.0], "b": [0.5]}


def test_a_quantile_is_one_of_the_values() -> None:
    values = [float(n) for n in range(1, 101)]
    assert [quantile(values, part) for part in (0.5, 0.95, 1.0)] == [50.0, 95.0, 100.0]
    assert quantile([7.0], 0.5) == 7.0
