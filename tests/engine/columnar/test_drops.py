"""Lines that label filters drop are dropped over columns where the rest keeps all its labels."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.engine.columnar.test_jsonkeys import LINES, METADATA, STAGES, STREAMS
from tests.engine.columnar.test_law import SECOND, answer
from tests.engine.stores import filled
from toolkit.engine.columnar import jsonkeys, jsonread
from toolkit.engine.columnar.drops import drops
from toolkit.engine.deadline import Deadline
from toolkit.engine.engine import Engine
from toolkit.logql.ast import LogQuery
from toolkit.logql.parser import parse

FILTERS = st.lists(
    st.sampled_from(
        ['| a="x"', '| a!=""', "| b > 1", '| a_b="7" or b="x"', '| __error__=""', '| __error__!=""',
         '| a=ip("10.0.0.1")', "| a >= 1s", "| drop a", "| label_format a=b", '| line_format "b=7"',
         "| logfmt", '| app="1"']
    ),
    max_size=4,
).map(" ".join)  # fmt: skip


@settings(max_examples=300)
@given(
    entries=st.lists(st.tuples(STREAMS, st.integers(0, 20), LINES, METADATA), max_size=10),
    stages=st.tuples(STAGES, FILTERS).map(" ".join),
)
@example(  # the filter of an address lets pass what has an error, also that of a later filter
    entries=[({"app": "1"}, 1, '{"b":"x","a":"y"}', None)],
    stages='| a=ip("10.0.0.1") | b > 1',
)
@example(
    entries=[({"app": "1"}, 1, '{"b":"x","a":"y"}', None)],
    stages='| __error__!="" | b > 1',
)
def test_what_is_left_is_what_the_pipeline_lets_pass(entries, stages) -> None:
    """Entries and counts by every label are those of the row pipeline alone."""
    store = filled(entries)
    engine = Engine(store.snapshot)
    query = f'{{app=~"1|2"}} | json {stages}'
    counted = f"count_over_time({query} [1m])"

    def found() -> list:
        streams = engine.log(query, start=0, end=40 * SECOND, limit=None).streams
        return [(dict(each.labels), each.entries) for each in streams]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonread, "_SMALLEST", 1)
        patch.setattr(jsonkeys, "_FEW", 0)
        over_columns = found()
        assert answer(store, counted, columnar=True) == answer(store, counted, columnar=False)
        patch.setattr("toolkit.engine.logs.drops", lambda *query: [])
        assert over_columns == found()


@pytest.mark.parametrize(
    ("stages", "left"),
    [
        ('| json | user="root"', 40), ('| json | user="root" | n > 250', 4),
        ('| json | user="root" | line_format `x` | n="7"', 40),
        ('| json | user="root" | line_format `x` | n > 250', None),
        ('| json u="user" | u=~"a.*" | level="info"', 0), ("| json", None), ('| app="a"', None),
        ('| json | label_format user=`{{.n}}` | user="root"', None),
    ],
)  # fmt: skip
def test_lines_that_are_left(stages: str, left: int | None) -> None:
    """Of 280 lines of seven users; no more than the pipeline can be told to look at."""
    users = ["root", "alice", "bob", "carol", "dave", "erin", "frank"]
    rows = [
        ({"app": "a"}, n, f'{{"user":"{users[n % 7]}","n":{n}}}') for n in range(280)
    ]  # fmt: skip
    snapshot = filled(rows).snapshot()
    query = parse(f'{{app="a"}} {stages}')
    assert isinstance(query, LogQuery)
    found = drops(query, None, snapshot)
    assert bool(found) == (left is not None)
    selection = snapshot.select(query.selector.matchers, 0, 2**62)
    for drop in found:
        selection = drop.left(selection, Deadline(0))
    assert len(selection) == (len(rows) if left is None else left)
