"""What holds for every line, whatever it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.engine.pipeline import StreamPipeline, compile_pipeline, hints_for
from toolkit.engine.pipeline.json import fast
from toolkit.engine.pipeline.json.paths import each_path
from toolkit.engine.pipeline.json.text import JsonError, unescape
from toolkit.engine.pipeline.json.walk import walk
from toolkit.logql import ast
from toolkit.logql.parser import parse
from toolkit.logql.quoting import decode

LABELS = {"app": "web", "level": "info"}

PIPELINES = [
    *('|= "a" or "b" != "c" |~ "(?i)x.y"', '|> "<_>a<_>" !> "b" |= ip("10.0.0.0/8")'),
    *("| json", "| json | json | unpack", '| json a="a[0].b", b="[0]", c="a.b", d="c"'),
    *("| logfmt", "| logfmt --strict --keep-empty", '| logfmt --strict a="b", b', "| unpack"),
    *('| regexp "(?P<a>.)(?P<b>[^ ]*)"', '| pattern "<a>=<b> <_>"', "| decolorize"),
    '| json | a > 1 or b > 1s and c > 1KB | level =~ "i.*|e" | d = ip("::1")',
    '| json | logfmt | line_format "{{.a}} {{.b | upper}} {{__line__}}" | drop a, b="x"',
    '| json | label_format x=a, y="{{.b}}" | keep x, y, app=~"w.*" | __error__ = ""',
]
METRICS = [
    'sum by (a) (rate({app="web"} | json | b != "x" [1m]))',
    'sum (count_over_time({app="web"} | logfmt --strict | __error__ = "" [1m]))',
    'sum_over_time({app="web"} | json | unwrap duration(a) | b = "x" [1m])',
    'avg_over_time({app="web"} | logfmt | unwrap bytes(a) [1m]) by (b)',
]


def bind(query: str) -> StreamPipeline:
    expr = parse(query)
    if isinstance(expr, ast.LogQuery):
        return compile_pipeline(expr).for_stream(LABELS)
    enclosing = expr if isinstance(expr, ast.VectorAggregation) else None
    aggregation = expr.expr if isinstance(expr, ast.VectorAggregation) else expr
    assert isinstance(aggregation, ast.RangeAggregation)
    log_range = aggregation.log_range
    hints = hints_for(aggregation, enclosing)
    return compile_pipeline(log_range.query, unwrap=log_range.unwrap, hints=hints).for_stream(
        LABELS
    )


STREAMS = [bind('{app="web"} ' + stages) for stages in PIPELINES] + [bind(q) for q in METRICS]

KEYS = st.sampled_from(["a", "b", "c", "app", "level", "_entry", "__error__", "a b", "é", "", "x"])
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4)
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=5)
PIECES = st.sampled_from(
    [*'{}[]",:=\\ \n\t\x1b1ea', "a=", '"a":', "\\u00e9", "\\ud83d", "10.0.0.7", "1.5s", "\udcff"]
)
LINES = (
    st.builds(json.dumps, DOCUMENTS, ensure_ascii=st.booleans())
    | st.lists(PIECES, max_size=30).map("".join)
    | st.binary(max_size=40).map(decode)
    | st.text(max_size=40)
)
METADATA = st.dictionaries(
    st.sampled_from(["a", "app", "app_extracted", "__error__", "m"]), st.text(max_size=5)
)


@settings(max_examples=300)
@given(line=LINES, metadata=METADATA, time=st.integers(-(2**62), 2**62))
def test_no_line_and_no_metadata_raises(line: str, metadata: Mapping[str, str], time: int) -> None:
    """What is wrong with a line is in its labels, which are sorted and hashable."""
    for stream in STREAMS:
        row = stream.process(time, line, metadata)
        if row is not None:
            assert list(row.labels.merged) == sorted(row.labels.merged)
            hash(row.labels)


@given(line=LINES, metadata=METADATA)
def test_processing_leaves_nothing_behind(line: str, metadata: Mapping[str, str]) -> None:
    """The same line twice gives the same row twice."""
    for stream in STREAMS:
        assert stream.process(0, line, metadata) == stream.process(0, line, metadata)


class Recorder:
    """Every scalar that the exact walk meets, with its path."""

    def __init__(self) -> None:
        self.path: list[str] = []
        self.seen: list[tuple[tuple[str, ...], str | None, str]] = []

    def value(self, key: str, text: str, kind: str) -> None:
        if kind not in ("array", "null"):
            shown = unescape(text) if kind == "string" else text
            self.seen.append(((*self.path, key), shown, kind))

    def enter(self, key: str, text: str) -> bool:
        self.path.append(key)
        return True

    def leave(self) -> None:
        self.path.pop()


def scanned(pairs: fast.Pairs, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], str]]:
    seen: list[tuple[tuple[str, ...], str]] = []
    for key, value in pairs:
        if isinstance(value, tuple):
            seen += scanned(value, (*path, key))
        elif isinstance(value, bool):
            seen.append(((*path, key), "true" if value else "false"))
        elif isinstance(value, str):
            seen.append(((*path, key), value))
    return seen


def doubled(document: dict[str, Any], *, ascii_only: bool) -> str:
    """A document whose keys all come twice."""
    text = json.dumps(document, ensure_ascii=ascii_only)
    return text if text == "{}" else text[:-1] + ", " + text[1:]


DOUBLED = st.builds(doubled, DOCUMENTS, ascii_only=st.booleans())


@settings(max_examples=300)
@given(line=DOUBLED | LINES)
def test_the_quick_way_sees_what_the_exact_one_sees(line: str) -> None:
    """Wherever the quick scanner takes a line, it has every value jsonparser would have."""
    quick = fast.scan(line)
    if quick is not None:
        recorder = Recorder()
        walk(line, recorder)
        assert [(path, shown) for path, shown, _ in recorder.seen] == scanned(quick[0])


@settings(max_examples=300)
@given(line=DOUBLED | LINES, paths=st.lists(st.lists(KEYS, min_size=1, max_size=3), min_size=1))
def test_paths_the_quick_way_and_the_exact_one(line: str, paths: list[list[str]]) -> None:
    """``json`` with expressions finds the same in both ways."""
    names = [f"l{number}" for number in range(len(paths))]
    spelled = ", ".join(
        name + "=" + json.dumps("".join(f'["{key}"]' for key in path), ensure_ascii=False)
        for name, path in zip(names, paths, strict=True)
    )
    row = bind('{app="web"} | json ' + spelled).process(0, line)
    assert row is not None
    found: dict[int, str] = {}

    def keep(number: int, text: str, kind: str) -> None:
        shown = text if kind == "object" else unescape(text) or ""
        blank = shown.replace("\ufffd", " ") if kind != "object" else shown
        found[number] = "" if kind == "null" else blank

    errors: list[str] = []
    if line[:1] in ('"', "{", "["):
        each_path(line, [tuple(path) for path in paths], keep, errors.append)
    if not errors and line[:1] in ('"', "{", "[") and line.isascii():
        labels = dict(row.labels.parsed)
        assert [labels[name] for name in names] == [
            found.get(number, "") for number in range(len(names))
        ]


@pytest.mark.parametrize(
    "line",
    [
        '{"a":' * 20_000 + "1" + "}" * 20_000,
        '{"a":' * 20_000,
        '{"a":' + "[" * 50_000 + "]" * 50_000 + "}",
        "[{" * 30_000,
        '{"a":"' + "\\" * 100_001,
        '"' * 100_000,
        "{" + ",".join(f'"k{n}":{n}' for n in range(5_000)) + "}",
        'a="' * 30_000,
        "=" * 100_000,
        "\x1b" + ";" * 50_000,
    ],
    ids=lambda line: line[:12],
)
def test_lines_made_to_be_expensive(line: str) -> None:
    """Deep nesting, open strings, many keys: all of it ends, and soon."""
    for stream in STREAMS:
        stream.process(0, line, {})


def test_a_walk_says_where_it_broke() -> None:
    """What comes before the break has been seen; the error is jsonparser's."""
    recorder = Recorder()
    with pytest.raises(JsonError, match="Unknown value type"):
        walk('{"a":1,"b":tru}', recorder)
    assert recorder.seen == [(("a",), "1", "number")]
