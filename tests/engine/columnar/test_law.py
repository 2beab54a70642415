"""The law of the fast paths: over columns comes out what the row pipeline gives, line by line."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from toolkit.engine import reading
from toolkit.engine.columnar import jsonkeys, jsonread, read
from toolkit.engine.columnar.plan import plan
from toolkit.engine.deadline import Deadline
from toolkit.engine.engine import Engine
from toolkit.engine.errors import QueryError
from toolkit.engine.evaluator import Evaluator
from toolkit.engine.extraction import Extraction
from toolkit.engine.optimize import optimized
from toolkit.engine.points import Steps
from toolkit.engine.reading import Reader
from toolkit.engine.store import Store, StreamBatch
from toolkit.errors import LogQLError
from toolkit.logql.ast import RangeAggregation
from toolkit.logql.parser import parse
from toolkit.logql.visitor import find

SECOND = 1_000_000_000

# --- lines ----------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    ["root", "alice", "Bob", "", "a b", "\udcff", "é", "K", "ſ", "10", "1h", "x\"y", "a\\b", "\t",
     "İ"]
)  # fmt: skip
TEXTS = st.builds(
    lambda a, b, c, d: f"Notice user={a} {d} proc={b} end={c}",
    WORDS,
    WORDS,
    WORDS,
    st.sampled_from(
        ["", "user=", "user", "us-er=1", "user_extracted=7", "=x", "a=b=c", "user=two"]
    ),
) | st.sampled_from(
    ["", "user=", "proc=x user=root user=alice", "end=proc=", "user=root\nproc=x end=y",
     "bad \udcff user=roo\udcfet proc=1 end=2", "user=root", "USER=ROOT", "\x00user=a", "[1]",
     ' {"a":1}', '"text"', "null"]
)  # fmt: skip
VALUES = st.one_of(
    WORDS,
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([-0.0, 2**70, 1e400]),
    st.just([1, "a"]),
    st.just({"b": "deep"}),
    st.floats(allow_nan=True, allow_infinity=True, width=16),
)
OBJECTS = st.dictionaries(
    st.sampled_from(["user", "proc", "f", "a.b", "us\\er"]),
    VALUES | st.dictionaries(st.sampled_from(["user", "a.b", "image"]), VALUES, max_size=3),
    max_size=4,
)


def written(value: object, style: int) -> str:
    """A value as JSON in some style, or broken in some way."""
    text = json.dumps(value, ensure_ascii=style % 2 == 0, separators=((",", ":"), None)[style % 2])
    return {
        2: text[:-1], 3: text + " tail", 4: text + text, 5: text.replace('"user"', '"us\\u0065r"'),
        6: text[:-1] + ',"user":"again"}', 7: text.replace(":", " : "), 8: "\n".join(text.split()),
        12: text.replace("-0.0", "-0"),
        9: text + "\n", 10: text.replace("}", ",}"), 11: text[: len(text) // 2],
    }.get(style, text)  # fmt: skip


JSON = st.builds(written, OBJECTS, st.integers(0, 12))
LINES = st.one_of(TEXTS, JSON)

STREAMS = st.sampled_from(
    [
        {"app": "a", "node": "1"},
        {"app": "a", "node": "2"},
        {"app": "b", "user": "stream"},
        {"app": "b", "level": "error"},
    ]
)
METADATA = st.sampled_from([None, None, None, {"proc": "meta"}, {"level": "info"}])
ENTRIES = st.lists(st.tuples(STREAMS, st.integers(0, 30), LINES, METADATA), max_size=40)

# --- queries --------------------------------------------------------------------------------------

FILTERS = st.sampled_from(
    ["|= `user`", "!= `root`", "|= `user` or `proc`", "!= `alice` or `bob`", "|~ `user=\\w+ `",
     "!~ `(?i)ROOT`", "|~ `(?i)k`", "|~ `ſ|x`", "|~ `.+`", "|~ `^Notice.*end=$`", "|= ``", "!= ``",
     "|~ `user=.{3} `", "|~ `[^\\n]{60,}`", "|> `<_>user=<_>`", "|= `é`", "!~ `^$`", "|~ `\\x00`"]
)  # fmt: skip
PARSERS = st.sampled_from(
    ["| regexp `user=(?P<user>\\S+)`", "| regexp `user=(?P<user>\\S*) proc=(\\w*)(?P<proc>.?)`",
     "| regexp `(?P<user>.)(?P<level>.)`", "| regexp `(?i)(?P<who>ALICE|root)?$`",
     "| pattern `<_>user=<user> proc=<proc> <_>`", "| pattern `Notice <level>=<_>`",
     "| pattern `<user>=<proc>`", '| json user="user"', '| json user="f.user", proc="proc"',
     '| json x="f[\\"a.b\\"]"', '| json image="f.image"', '| json user="user", u="user.user"',
     '| json n="f[0]"', "| json", "| json", "| logfmt user, proc", "| logfmt",
     "| logfmt", "| logfmt --keep-empty", "| logfmt user", '| logfmt u="user"',
     '| logfmt user="proc"', "| logfmt --strict"]
)  # fmt: skip
LABELS = st.sampled_from(
    ['| user!=""', '| user="root" or proc="x"', '| user=~"r.*t"', "| user > 5", '| __error__=""',
     "| drop user", "| keep user, app", '| drop level="error"', "| label_format user=proc",
     "| label_format who=`{{.user}}-{{.node}}`", '| user_extracted!=""', "| proc >= 1m",
     "| label_format proc=`{{__line__}}`", "| decolorize", "| line_format `{{.user}}`"]
)  # fmt: skip


def parses(stages: str) -> bool:
    """After ``| drop a`` a ``!=`` begins a matcher."""
    try:
        parse(f'{{app="a"}} {stages}')
    except LogQLError:
        return False
    return True


STAGES = st.lists(st.one_of(FILTERS, PARSERS, LABELS), max_size=4).map(" ".join).filter(parses)
SHAPES = st.sampled_from(
    ["sum by (user) (count_over_time({s} {p} [10s]))", "sum(count_over_time({s} {p} [10s]))",
     "sum by (app, proc) (rate({s} {p} [7s]))", "count_over_time({s} {p} [5s])",
     "sum without (node) (bytes_over_time({s} {p} [10s]))", "absent_over_time({s} {p} [3s])",
     "sum by (f_user, f_image, user) (count_over_time({s} {p} [10s]))",
     "sum by (user, user_extracted) (count_over_time({s} {p} [10s]))", "bytes_rate({s} {p} [4s])",
     "sum by (level) (sum_over_time({s} {p} | unwrap user [10s]))",
     "max_over_time({s} {p} | unwrap proc | __error__=`` [10s]) by (app)",
     "first_over_time({s} {p} | unwrap duration(user) [10s])",
     "sum by (__error__) (count_over_time({s} {p} [10s]))"]
)  # fmt: skip
QUERIES = st.builds(lambda shape, stages: shape.format(s='{app=~"a|b"}', p=stages), SHAPES, STAGES)


def filled(entries: list) -> Store:
    store = Store.in_memory()
    store.append(
        [
            StreamBatch(labels, [at * SECOND], [line], [metadata])
            for labels, at, line, metadata in entries
        ]
    )
    return store


def answer(store: Store, query: str, columnar: bool) -> object:
    reader = Reader(store.snapshot(), Deadline(0), columnar=columnar)
    evaluator = Evaluator(reader, Steps(5 * SECOND, 5 * SECOND, 6), instant=False)
    try:
        points = evaluator.points(optimized(parse(query)))
    except QueryError as error:
        return error.message
    return sorted(
        (points.labels[series], step, repr(value))
        for series, step, value in zip(
            points.series.tolist(), points.steps.tolist(), points.values.tolist(), strict=True
        )
    )


@settings(max_examples=600)
@given(entries=ENTRIES, query=QUERIES)
@example(
    entries=[({"app": "a"}, 3, '{"user":"a"}{"user":"b"}', None), ({"app": "a"}, 4, "{", None)],
    query='sum by (user) (count_over_time({app="a"} | json user="user" [10s]))',
)
@example(
    entries=[({"app": "a"}, 3, '{"user":"a"', None), ({"app": "a"}, 4, ',"b":1}', None)],
    query='sum by (user, __error__) (count_over_time({app="a"} | json user="user" [10s]))',
)
def test_over_columns_as_line_by_line(entries, query) -> None:
    """The same samples, or the same error, whatever the lines and the query."""
    store = filled(entries)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read, "_BLOCK", 7)  # several blocks, and several dictionaries
        patch.setattr(jsonread, "_SMALLEST", 2)
        patch.setattr(jsonkeys, "_FEW", 0)
        expected = answer(store, query, columnar=False)
        assert answer(store, query, columnar=True) == expected
        # and again, with what is kept of the lines
        assert answer(store, query, columnar=True) == expected


@settings(max_examples=150)
@given(entries=ENTRIES, stages=STAGES, limit=st.integers(1, 20), forward=st.booleans())
def test_a_log_query_filters_the_same_lines(entries, stages, limit, forward) -> None:
    """Filtering lines over columns first leaves the entries that the pipeline alone lets pass."""
    engine = Engine(filled(entries).snapshot)
    query = f'{{app=~"a|b"}} {stages}'

    def entries_of() -> list:
        found = engine.log(
            query, start=0, end=40 * SECOND, limit=limit,
            direction="forward" if forward else "backward",
        )  # fmt: skip
        return [(dict(s.labels), [(e.timestamp, e.line) for e in s.entries]) for s in found.streams]

    over_columns = entries_of()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("toolkit.engine.logs.prefilter", lambda query: [])
        patch.setattr("toolkit.engine.logs.drops", lambda *query: [])
        assert over_columns == entries_of()


# --- what is read over columns at all -------------------------------------------------------------


def planned(query: str):
    expr = optimized(parse(query))
    aggregation = next(find(expr, RangeAggregation))
    enclosing = expr if expr is not aggregation else None
    extraction = Extraction(aggregation, enclosing)
    unwrap = aggregation.log_range.unwrap
    return plan(extraction.query, unwrap, extraction.hints())


@pytest.mark.parametrize(
    ("stages", "fast"),
    [
        ("", True), ("|= `a` != `b`", True), ("| regexp `(?P<a>x)`", True),
        ("| pattern `<a> x`", True), ('| json a="b.c" | a!=""', True),
        ("| label_format a=b", True), ("|= ip(`10.0.0.1`)", False), ("| json", True),
        ("| logfmt a", True), ("| logfmt", True), ("| logfmt a, b", False),
        ("| logfmt --strict", False), ("| decolorize | regexp `(?P<a>x)` |= `x`", False),
        ("| line_format `x`", True), ("| line_format `x` |= `x`", False),
        ("| label_format a=`{{ __line__ }}`", False), ('| json a="b[0]"', False),
    ],
)  # fmt: skip
def test_which_queries_are_read_over_columns(stages: str, fast: bool) -> None:
    """A line_format that nothing reads is no stage; what changes or looks into lines is slow."""
    found = planned(f'sum by (a) (count_over_time({{app="a"}} {stages} [1m]))')
    assert (found is not None) == fast


def test_streams_are_told_apart_by_what_counts() -> None:
    """A sum by a label looks at no other label of a stream than those its stages name."""
    found = planned('sum by (user) (count_over_time({a="b"} | regexp `(?P<x>.)` | y="1" [1m]))')
    assert found is not None and found.names == ("user", "x", "y")
    found = planned('count_over_time({a="b"} | regexp `(?P<x>.)` [1m])')
    assert found is not None and found.names is None


def test_one_line_of_each_key_goes_through_the_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 1,000 lines with three users the row pipeline sees three."""
    entries = [
        ({"app": "a", "n": str(i % 9)}, i % 30, f"user={i % 3} at {i}", None) for i in range(1000)
    ]
    store = filled(entries)
    seen: list[int] = []
    run = reading.runner

    def counted(*args):
        found = run(*args)
        original = type(found).run

        def spy(self, selection, deadline):
            seen.append(len(selection))
            return original(self, selection, deadline)

        monkeypatch.setattr(type(found), "run", spy)
        return found

    monkeypatch.setattr(reading, "runner", counted)
    points = answer(
        store, 'sum by (user) (count_over_time({app="a"} | regexp `user=(?P<user>.)` [1h]))', True
    )
    assert len({labels for labels, _, _ in points}) == 3
    assert sum(seen) == 3


def test_distinct_keys_by_sorting_are_those_by_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of telling keys apart number them alike and find where each first stands."""
    rng = np.random.default_rng(1)
    key = rng.integers(0, 50, 1000)
    numbers, firsts = read._distinct(key, 50)
    monkeypatch.setattr(read, "_DENSE", 0)
    again, places = read._distinct(key, 50_000)
    assert (numbers == again).all() and (firsts == places).all()
