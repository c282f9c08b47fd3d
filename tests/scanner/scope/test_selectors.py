"""Selector arithmetic: what a trail takes, what it leaves out, and how to repair it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.facts.cloudtrail import AdvancedSelector, BasicSelector, FieldSelector, Selectors
from scanner.scope.selectors import (
    EVERYTHING,
    HALVES,
    NOTHING,
    SOURCES,
    Coverage,
    covered_by,
    in_words,
    is_default,
    left_out,
    repaired,
)

CATALOG = "marketplacecatalog.amazonaws.com"
KMS = "kms.amazonaws.com"
READS: Coverage = frozenset((source, "reads") for source in SOURCES)
WRITES: Coverage = frozenset((source, "writes") for source in SOURCES)


def basic(*selectors: BasicSelector) -> Selectors:
    return Selectors(basic=selectors)


def management(*fields: FieldSelector) -> AdvancedSelector:
    return AdvancedSelector((where("eventCategory", Equals=["Management"]), *fields))


def where(name: str, **matchers: list[str]) -> FieldSelector:
    return FieldSelector(name, {key: tuple(values) for key, values in matchers.items()})


def advanced(*selectors: AdvancedSelector) -> Selectors:
    return Selectors(advanced=selectors)


@pytest.mark.parametrize(
    ("selectors", "expected"),
    [
        (basic(BasicSelector("All", management=True)), EVERYTHING),
        (basic(BasicSelector("ReadOnly", management=True)), READS),
        (basic(BasicSelector("WriteOnly", management=True)), WRITES),
        (basic(BasicSelector("All", management=False)), NOTHING),
        (basic(BasicSelector("Sometimes", management=True)), NOTHING),
        (basic(BasicSelector("All", management=True, excluded=(KMS,))), EVERYTHING),
        (
            basic(
                BasicSelector("ReadOnly", management=True),
                BasicSelector("WriteOnly", management=True),
            ),
            EVERYTHING,
        ),
        (Selectors(), EVERYTHING),
        (advanced(management()), EVERYTHING),
        (advanced(management(where("readOnly", Equals=["true"]))), READS),
        (advanced(management(where("readOnly", Equals=["false"]))), WRITES),
        (advanced(management(where("readOnly", NotEquals=["true"]))), WRITES),
        (advanced(management(where("eventSource", NotEquals=[KMS]))), EVERYTHING),
        (
            advanced(management(where("eventSource", NotEquals=[CATALOG]))),
            EVERYTHING - {(CATALOG, half) for half in HALVES},
        ),
        (advanced(management(where("eventSource", NotStartsWith=["m"], NotEndsWith=["x"])))
         , EVERYTHING - {(one, half) for one in SOURCES if one[0] == "m" for half in HALVES}),
        (
            advanced(management(where("eventSource", Equals=[CATALOG], StartsWith=["agree"]))),
            frozenset(
                (one, half)
                for one in (CATALOG, "agreement-marketplace.amazonaws.com")
                for half in HALVES
            ),
        ),
        (advanced(management(where("eventName", Equals=["StartChangeSet"]))), NOTHING),
        (advanced(AdvancedSelector((where("eventCategory", Equals=["Data"]),))), NOTHING),
        (advanced(AdvancedSelector((where("readOnly", Equals=["true"]),))), NOTHING),
    ],
)  # fmt: skip
def test_what_a_trail_takes(selectors: Selectors, expected: Coverage) -> None:
    assert covered_by(selectors) == expected


def test_advanced_selectors_replace_basic_ones() -> None:
    both = Selectors(
        basic=(BasicSelector("All", management=True),),
        advanced=(management(where("readOnly", Equals=["true"])),),
    )
    assert covered_by(both) == READS


def test_a_selector_that_only_excludes_something_leaves_it_out() -> None:
    one = BasicSelector("All", management=True, excluded=(KMS,))
    assert left_out(basic(one)) == {KMS}
    assert left_out(basic(one, BasicSelector("All", management=True))) == frozenset()
    assert left_out(advanced(management(where("eventSource", NotEquals=[KMS])))) == {KMS}
    assert left_out(basic(BasicSelector("All", management=False, excluded=(KMS,)))) == frozenset()
    assert left_out(basic(one, BasicSelector("All", management=False))) == {KMS}
    assert left_out(Selectors()) == frozenset()
    assert is_default(Selectors())
    assert not is_default(basic(one))


VALUES = st.sampled_from([*SOURCES[:3], KMS, "true", "false", "Management", "Data", "m", ""])
MATCHERS = st.sampled_from(["Equals", "NotEquals", "StartsWith", "NotStartsWith", "EndsWith"])
FIELDS = st.builds(
    FieldSelector,
    st.sampled_from(["eventCategory", "readOnly", "eventSource", "eventName"]),
    st.dictionaries(MATCHERS, st.lists(VALUES, max_size=2).map(tuple), max_size=2),
)
ADVANCED = st.one_of(
    st.builds(AdvancedSelector, st.lists(FIELDS, max_size=3).map(tuple)),
    st.lists(FIELDS, max_size=2).map(lambda fields: management(*fields)),
)
BASIC = st.builds(
    BasicSelector,
    st.sampled_from(["All", "ReadOnly", "WriteOnly", "None"]),
    st.booleans(),
    st.lists(st.sampled_from([KMS, *SOURCES]), max_size=2).map(tuple),
)


@given(st.lists(ADVANCED, min_size=1, max_size=4).map(tuple), ADVANCED)
def test_adding_an_advanced_selector_never_removes_coverage(
    before: tuple[AdvancedSelector, ...], more: AdvancedSelector
) -> None:
    assert covered_by(advanced(*before)) <= covered_by(advanced(*before, more))


@given(st.lists(BASIC, min_size=1, max_size=4).map(tuple), BASIC)
def test_adding_a_basic_selector_never_removes_coverage(
    before: tuple[BasicSelector, ...], more: BasicSelector
) -> None:
    assert covered_by(basic(*before)) <= covered_by(basic(*before, more))


@given(
    st.builds(
        Selectors,
        st.lists(BASIC, max_size=3).map(tuple),
        st.lists(ADVANCED, max_size=3).map(tuple),
    )
)
def test_what_is_repaired_takes_everything_and_keeps_what_was_quiet(selectors: Selectors) -> None:
    repair = repaired(selectors)
    assert bool(repair.basic) != bool(repair.advanced)
    again = Selectors(
        tuple(
            BasicSelector(
                one["ReadWriteType"],
                one["IncludeManagementEvents"],
                tuple(one.get("ExcludeManagementEventSources", ())),
            )
            for one in repair.basic
        ),
        tuple(
            AdvancedSelector(
                tuple(
                    FieldSelector(
                        field["Field"],
                        {key: tuple(said) for key, said in field.items() if key != "Field"},
                    )
                    for field in one["FieldSelectors"]
                )
            )
            for one in repair.advanced
        ),
    )
    assert covered_by(again) == EVERYTHING
    assert left_out(again) == left_out(selectors).difference(SOURCES)


def test_selectors_of_data_events_survive_the_repair() -> None:
    data = AdvancedSelector(
        (
            where("eventCategory", Equals=["Data"]),
            where("resources.type", Equals=["AWS::S3::Object"]),
        )
    )
    repair = repaired(advanced(management(where("readOnly", Equals=["true"])), data))
    assert [len(one["FieldSelectors"]) for one in repair.advanced] == [1, 2]
    assert repair.advanced[1]["FieldSelectors"][1] == {
        "Field": "resources.type",
        "Equals": ["AWS::S3::Object"],
    }


def test_what_is_missing_in_words() -> None:
    assert in_words(READS) == "reads of all Marketplace services"
    assert in_words({(CATALOG, "writes")}) == f"writes of {CATALOG}"
    assert in_words(EVERYTHING).count("all Marketplace services") == 2
