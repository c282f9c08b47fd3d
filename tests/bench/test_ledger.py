"""Results are dated rows: one for each run of each commit, in a table of a page that stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.long import __main__ as long
from bench.long.ledger import HEAD, PAGE, Measured, Row, written

EMPTY = f"# Title\n\n{HEAD}\n| --- |\n\nThe rest.\n"
GOOD = Measured("ten of them", "9", "8", held=True)
BAD = Measured("ten of them", "7", "8", held=False)


def row(commit: str, name: str, measured: Measured = GOOD, date: str = "2026-11-27") -> Row:
    return Row(date, commit, name, measured)


def test_a_row_stands_at_the_end_of_the_table() -> None:
    page = written(written(EMPTY, row("a1", "fuzz")), row("b2", "fuzz"))
    assert page.splitlines()[4:6] == [
        "| 2026-11-27 | a1 | fuzz | ten of them | 9 | 8 | yes |",
        "| 2026-11-27 | b2 | fuzz | ten of them | 9 | 8 | yes |",
    ]
    assert page.replace(f"{row('a1', 'fuzz')}\n{row('b2', 'fuzz')}\n", "") == EMPTY


def test_a_newer_result_of_the_same_run_on_the_same_commit_replaces_the_row() -> None:
    page = EMPTY
    for one in (row("a1", "fuzz"), row("a1", "soak"), row("a1", "fuzz", BAD, "2026-11-28")):
        page = written(page, one)
    assert page.splitlines()[4:6] == [
        "| 2026-11-27 | a1 | soak | ten of them | 9 | 8 | yes |",
        "| 2026-11-28 | a1 | fuzz | ten of them | 7 | 8 | no |",
    ]


def test_a_cell_cannot_break_the_table() -> None:
    assert str(row("a1", "fuzz", Measured("a | b", "1", "2", held=True))).count("|") == 8


def test_the_page_has_the_table() -> None:
    assert str(row("a1", "fuzz")) in written(PAGE.read_text(), row("a1", "fuzz"))
    with pytest.raises(ValueError, match="is not in list"):
        written("# No table\n", row("a1", "fuzz"))


@pytest.mark.parametrize(("names", "code"), [(["good"], 0), (["good", "bad"], 1), ([], 1)])
def test_a_bar_that_does_not_hold_is_an_exit_code(
    names: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text(EMPTY)
    monkeypatch.setattr(long, "PAGE", page)
    monkeypatch.setattr(long, "_commit", lambda: "a1")
    monkeypatch.setattr(long, "RUNS", {"good": lambda: GOOD, "bad": lambda: BAD})
    assert long.main(names) == code
    assert page.read_text().count("| a1 | bad | ten of them | 7 | 8 | no |") == code
    assert "| a1 | good | ten of them | 9 | 8 | yes |" in page.read_text()


def test_a_run_that_does_not_exist_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert long.main(["mutation", "quick"]) == 2
    known = ", ".join(long.RUNS)
    assert capsys.readouterr().out == f"There is no run called quick; there is: {known}.\n"
