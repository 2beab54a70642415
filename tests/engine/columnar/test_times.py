"""Values that are times are made over columns, and are those of the row pipeline."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.engine.columnar.test_law import SECOND, answer, planned
from toolkit.catalog import catalog
from toolkit.engine.columnar.plan import plan
from toolkit.engine.extraction import Extraction
from toolkit.engine.optimize import optimized
from toolkit.engine.store import Store, StreamBatch
from toolkit.falco.labels import STDOUT
from toolkit.logql.ast import LogQuery, RangeAggregation, VectorAggregation
from toolkit.logql.parser import parse
from toolkit.logql.visitor import find

TEMPLATES = st.sampled_from(
    ["{{ __timestamp__ | unixEpoch }}", "{{__timestamp__|unixEpochMillis}}",
     "{{ __timestamp__ | unixEpochNanos }}", "{{ __timestamp__ | unixEpochNanos | trunc -9 }}",
     "{{ __timestamp__ | unixEpochNanos | trunc 9 }}", "{{ __timestamp__ | unixEpoch }}0",
     "{{.at}}"]
)  # fmt: skip
STAGES = st.sampled_from(
    ["", "|= `a`", "| json", '| json b="a" | b!=""', "| logfmt", "| label_format b=`{{.at}}`",
     '| level > 1 | level="info"', "| decolorize"]
)  # fmt: skip
SHAPES = st.sampled_from(
    ["max by (app) (max_over_time({query} [1m]))", "last_over_time({query} [4s]) by (app)",
     "last_over_time({query} [4s]) by (at)", "sum(sum_over_time({query} [1m]))",
     "first_over_time({query} [1m])", "sum by (b) (sum_over_time({query} [1m]))",
     "min_over_time({query} [1m]) without (app)", "avg_over_time({query} | at > 5 [1m]) by (app)"]
)  # fmt: skip
STREAMS = st.sampled_from([{"app": "1"}, {"app": "2", "at": "7"}, {"app": "1", "level": "info"}])
LINES = st.sampled_from(["a", "", '{"a":1,"at":"x"}', '{"a":', "a=2 b=3", "at=9 a"])
TIMES = st.integers(0, 30 * SECOND) | st.integers(0, 30).map(lambda second: second * SECOND)


def query_of(shape: str, stages: str, template: str) -> str:
    query = f'{{app=~"1|2"}} {stages} | label_format at=`{template}` | unwrap at'
    return shape.replace("{query}", query)


@settings(max_examples=200)
@given(
    entries=st.lists(st.tuples(STREAMS, TIMES, LINES), max_size=8),
    query=st.builds(query_of, SHAPES, STAGES, TEMPLATES),
)
@example(  # before 1970 the last nine digits are fewer, behind a sign
    entries=[({"app": "1"}, -5, "a"), ({"app": "1"}, -SECOND - 5, "a"), ({"app": "1"}, 5, "a")],
    query=query_of(
        "sum_over_time({query} [1h])", "", "{{ __timestamp__ | unixEpochNanos | trunc -9 }}"
    ),
)
def test_over_columns_as_line_by_line(entries, query) -> None:
    store = Store.in_memory()
    store.append([StreamBatch(labels, [at], [line]) for labels, at, line in entries])
    assert answer(store, query, columnar=True) == answer(store, query, columnar=False)


@pytest.mark.parametrize(
    "shape", ["sum(sum_over_time({query} [1m]))", "max_over_time({query} [1m])"]
)
def test_the_time_alone_is_read_over_columns(shape: str) -> None:
    """Nothing but the time of an entry decides about its value, and no line is read."""
    found = planned(query_of(shape, "", "{{ __timestamp__ | unixEpochMillis }}"))
    assert found is not None and found.value is not None and not found.reads_lines


def test_every_named_query_is_read_over_columns() -> None:
    """Also where all fields are in JSON lines, none of the catalogue's looks line by line."""
    ranges = 0
    for query in catalog():
        expr = parse(query.render(STDOUT, window="1h").replace("$search", "x"), variables=False)
        if isinstance(expr, LogQuery):
            continue
        expr = optimized(expr)
        around = {id(each.expr): each for each in find(expr, VectorAggregation)}
        for aggregation in find(expr, RangeAggregation):
            extraction = Extraction(aggregation, around.get(id(aggregation)))
            unwrap = aggregation.log_range.unwrap
            assert plan(extraction.query, unwrap, extraction.hints()) is not None, query.name
            ranges += 1
    assert ranges > 50
