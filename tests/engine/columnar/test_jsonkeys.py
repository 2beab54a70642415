"""Plain ``| json`` over columns: the row pipeline's labels, whatever keys collide."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.engine.columnar.test_law import SECOND, answer, written
from toolkit.engine.columnar import jsonkeys, jsonread
from toolkit.engine.columnar.jsonkeys import json_keys
from toolkit.engine.columnar.texts import Texts
from toolkit.engine.pipeline import compile_pipeline, hints_for
from toolkit.engine.store import Store, StreamBatch
from toolkit.engine.store.model import encode_lines
from toolkit.falco.sample import SEED, sample_lines
from toolkit.logql.ast import JsonParser, RangeAggregation, VectorAggregation
from toolkit.logql.parser import parse
from toolkit.logql.visitor import find

REAL = Path(__file__).parents[4] / "shared" / "falco" / "real_events"

# --- keys that want the same labels ---------------------------------------------------------------

KEYS = st.sampled_from(
    ["a", "b", "a.b", "a_b", "a-b", " a", "a ", "a\u00a0", "", " ", "b.", ".b", "_b", "ab", "9",
     "_9", "---", "+++", "é", "aéb", "a\\b", 'a"b', "a\tb", "__error__", "a_extracted", "\udcff",
     "/", "a/b"]
)  # fmt: skip
SCALARS = st.sampled_from(
    ["x", "", "a.b", '"a":1', ',"b": 2', '{"a":{"b":1}}', "\\", 'x\\"b":', ",", ": ", "\u2028", "é",
     "\udcff", "\ufffd", 0, 7, -0.0, 1.5, 2**70, True, False, None, [1], ["a", {"b": 1}], {}]
)  # fmt: skip
OBJECTS = st.recursive(
    st.dictionaries(KEYS, SCALARS, max_size=4),
    lambda inner: st.dictionaries(KEYS, SCALARS | inner, max_size=4),
    max_leaves=5,
)
LINES = st.builds(written, OBJECTS, st.integers(0, 12)) | st.sampled_from(
    ["", "text", ' {"a":1}', "\n", '"a"', "[1]", "\x00", "{", "{}", '{"a":1,"a":2}',
     '{"a.b":1,"a_b":2}', '{"a":{"b":1},"a_b":2}', '{"a_b":null,"a.b":2}', '{"a":{"+":1,"-":2}}',
     '{"a":1}{"b":2}', '{"a":"\\ud800"}', '{"\\ud800":1,"a":1}', '{"\\u0061":1}', '{"a":1,}',
     '{"a" :\t1}', '{"a":tru}', '{"a":01}', "{'a':1}", '{"a":1 "b":2}', '{"a":{"":1,"b":2}}']
)  # fmt: skip
NAMES = st.lists(
    st.sampled_from(["a", "b", "a_b", "a_a", "a__b", "a_b_b", "_b", "_9", "a_9", "a_", "a____", "_",
                     "__error__", "a_a_b", "app", "a_extracted"]),
    min_size=1, max_size=3, unique=True,
)  # fmt: skip
STREAMS = st.sampled_from([{"app": "1"}, {"app": "2", "a": "stream"}])
METADATA = st.sampled_from([None, None, None, {"a_b": "meta"}, {"b": "meta"}])
STAGES = st.sampled_from(
    ["", "", '| a!=""', '| b="x" or a_b="7"', "| a > 1", "| a > 1 | b > 1",
     '| a=ip("10.0.0.1") | b>1', '| __error__=""', "| drop a", "| keep a, b",
     "| label_format a=a_b", "| label_format a=`{{.b}}`", "| label_format b=`{{.app}}/{{.a_b}}`",
     "| logfmt", '| json b="a.b"', '| a_b=~".+" | line_format "x"']
)  # fmt: skip
SHAPES = st.sampled_from(
    ["sum by ({names}) (count_over_time({query} [1m]))", "sum(count_over_time({query} [1m]))",
     "sum(rate({query} | {first}!=`` [1m]))", "max_over_time({query} | unwrap {first} [1m]) by (b)",
     "sum(sum_over_time({query} | unwrap {first} | __error__=`` [1m]))",
     "absent_over_time({query} [1m])"]
)  # fmt: skip


def query_of(shape: str, names: Sequence[str], stages: str) -> str:
    query = '{app=~"1|2"} | json ' + stages
    return shape.format(names=", ".join(names), first=names[0], query=query)


@settings(max_examples=300)
@given(
    entries=st.lists(st.tuples(STREAMS, LINES, METADATA), max_size=12),
    query=st.builds(query_of, SHAPES, NAMES, STAGES),
)
@example(  # of two values that are no numbers the first one is the error
    entries=[({"app": "1"}, '{"a":"x","b":"y"}', None), ({"app": "1"}, '{"b":"y","a":"x"}', None)],
    query='sum(count_over_time({app="1"} | json | a > 1 | b > 1 [1m]))',
)
@example(
    entries=[({"app": "1"}, "b=y a=x", None), ({"app": "1"}, "a=x b=y", None)],
    query='sum(count_over_time({app="1"} | logfmt | a > 1 | b > 1 [1m]))',
)
def test_over_columns_as_line_by_line(entries, query) -> None:
    """The same samples or the same error, and again with what is kept of the lines."""
    store = Store.in_memory()
    store.append(
        [
            StreamBatch(labels, [at * SECOND], [line], [metadata])
            for at, (labels, line, metadata) in enumerate(entries)
        ]
    )
    expected = answer(store, query, columnar=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonread, "_SMALLEST", 1)
        patch.setattr(jsonkeys, "_FEW", 0)
        patch.setattr(jsonkeys, "_LEARNED_FROM", 1)
        assert answer(store, query, columnar=True) == expected
        assert answer(store, query, columnar=True) == expected


# --- Falco's lines --------------------------------------------------------------------------------

FIELDS = ("output_fields_container_image_repository", "output_fields_proc_name",
          "output_fields_k8s_pod_name", "output_fields_evt_time", "rule", "priority",
          "output_fields_fd_name")  # fmt: skip


def line_by_line(lines: Sequence[str], names: Sequence[str]) -> Iterator[dict[str, str] | None]:
    """What the row pipeline makes of the lines; None for an error."""
    query = parse(f"sum by ({', '.join(names)}) (count_over_time({{a=`b`}} | json [1m]))")
    assert isinstance(query, VectorAggregation)
    (aggregation,) = find(query, RangeAggregation)
    pipeline = compile_pipeline(aggregation.log_range.query, hints=hints_for(aggregation, query))
    stream = pipeline.for_stream({"a": "b"})
    for line in lines:
        row = stream.process(0, line)
        assert row is not None
        yield None if row.labels.error else dict(row.labels.merged)


def check(lines: Sequence[str], names: Sequence[str]) -> None:
    """Every line is read over columns, and its labels are those of the row pipeline."""
    keys_of = json_keys(JsonParser(()), names)
    assert keys_of is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonkeys, "json_labels", lambda names: lambda line: 1 / 0)
        patch.setattr(jsonkeys, "_FEW", 0)
        keys_of = json_keys(JsonParser(()), names)
        assert keys_of is not None
        keys = keys_of(Texts(encode_lines(list(lines))))
    assert keys.unsure is not None and not keys.unsure.any()
    for code, expected in zip(keys.codes.tolist(), line_by_line(lines, names), strict=True):
        key = keys.values[code]
        if expected is None:
            assert key == "no json"
        else:
            assert isinstance(key, tuple)
            found = zip(names, key, strict=True)
            assert {n: v.decode() for n, v in found if v is not None} == expected


@pytest.mark.parametrize("count", [1, 3, len(FIELDS)])
def test_a_sample_cluster_is_read_over_columns(count: int) -> None:
    """Of 3,000 events of the sample no line is read by itself, nor of text lines among them."""
    now = 1_790_000_000 * SECOND
    lines = list(islice(sample_lines(SEED, now), 3000))
    check([*lines, "11:22:33 Notice text", "", "x"], FIELDS[:count])


@pytest.mark.shared
@pytest.mark.skipif(not REAL.is_dir(), reason="../shared/falco/real_events is not here")
def test_real_events_are_read_over_columns() -> None:
    lines = [
        line
        for name in ("events.jsonl", "flood_whoami.jsonl")
        for line in (REAL / name).read_text("utf-8").splitlines()
    ]
    check(lines, FIELDS)


def test_paths_that_come_late_are_learned_too() -> None:
    """Where a label stands at other paths in other lines, no path is missed."""
    lines = [json.dumps({f"user{mark}name": n % 3}) for n in range(900) for mark in "._-:+"]
    lines += [json.dumps({"user": {"name": n % 3}}) for n in range(900)]
    rng = np.random.default_rng(3)
    check([lines[place] for place in rng.permutation(len(lines))], ["user_name"])
