"""Rows and result labels."""

from __future__ import annotations

import pytest

from toolkit.engine.pipeline import EMPTY_LABELS, ResultLabels, compile_pipeline, hints_for
from toolkit.engine.pipeline.builder import ResultCache
from toolkit.errors import LogQLTypeError
from toolkit.logql import ast
from toolkit.logql.parser import parse


def log_query(text: str) -> ast.LogQuery:
    expr = parse(text)
    assert isinstance(expr, ast.LogQuery)
    return expr


def test_the_result_label_set_is_all_categories_sorted_by_name() -> None:
    """Categories are kept apart, and merged on demand."""
    labels = ResultLabels((("b", "1"), ("d", "2")), (("c", "3"),), (("a", "4"),))
    assert labels.merged == (("a", "4"), ("b", "1"), ("c", "3"), ("d", "2"))
    assert ResultLabels((("b", "1"),)).merged == (("b", "1"),)
    assert EMPTY_LABELS.merged == ()


def test_equality_is_by_category() -> None:
    """The same label in another category is another result, and both can be keys."""
    stream, parsed = ResultLabels((("a", "1"),)), ResultLabels((), (), (("a", "1"),))
    assert stream != parsed
    assert stream == ResultLabels((("a", "1"),))
    assert hash(stream) == hash(ResultLabels((("a", "1"),)))
    assert stream != "a"
    assert len({stream, parsed, ResultLabels((("a", "1"),))}) == 2


def test_an_error_fails_a_metric_query_unless_it_was_asked_for() -> None:
    """``__preserve_error__`` says that the query asks for the error."""
    fine = ResultLabels((("a", "1"),))
    failed = ResultLabels((), (), (("__error__", "JSONParserErr"),))
    kept = ResultLabels((), (), (("__error__", "x"), ("__preserve_error__", "true")))
    assert (fine.error, failed.error, kept.error) == ("", "JSONParserErr", "x")
    assert (fine.fails_query, failed.fails_query, kept.fails_query) == (False, True, False)


def test_the_same_labels_are_the_same_object() -> None:
    """Line after line, and for grouped samples over all streams."""
    stream = compile_pipeline(log_query('{a="b"} | json')).for_stream({"a": "b"})
    rows = [stream.process(n, '{"x":1}') for n in range(2)]
    assert rows[0] is not None and rows[1] is not None
    assert rows[0].labels is rows[1].labels
    plain = [stream.process(n, "{}") for n in range(2)]
    assert plain[0] is not None and plain[1] is not None
    assert plain[0].labels is plain[1].labels

    expr = parse('sum by (x) (rate({a=~".+"} | json [1m]))')
    assert isinstance(expr, ast.VectorAggregation)
    aggregation = expr.expr
    assert isinstance(aggregation, ast.RangeAggregation)
    pipeline = compile_pipeline(aggregation.log_range.query, hints=hints_for(aggregation, expr))
    grouped = [
        pipeline.for_stream({"a": name}).process(0, '{"x":1}', {"detected_level": name})
        for name in "bc"
    ]
    assert grouped[0] is not None and grouped[1] is not None
    assert grouped[0].labels is grouped[1].labels
    assert grouped[0].labels.merged == (("x", "1"),)


def test_more_label_sets_than_are_kept() -> None:
    """A query that makes another label set of every line goes on, and stays right."""
    stream = compile_pipeline(log_query('{a="b"} | json')).for_stream({"a": "b"})
    for number in range(ResultCache.ENTRIES + 10):
        row = stream.process(number, f'{{"x":{number}}}')
        assert row is not None
        assert row.labels.parsed == (("x", str(number)),)


def test_streams_do_not_share_their_lines_state() -> None:
    """Two streams of one pipeline, turn by turn."""
    pipeline = compile_pipeline(log_query('{a=~".+"} | json | drop x'))
    left, right = pipeline.for_stream({"a": "1"}), pipeline.for_stream({"a": "2", "y": "base"})
    for _ in range(2):
        one, other = left.process(0, '{"x":1,"y":2}', {"m": "3"}), right.process(0, '{"y":4}')
        assert one is not None and other is not None
        assert (one.labels.stream, one.labels.metadata, one.labels.parsed) == (
            (("a", "1"),),
            (("m", "3"),),
            (("y", "2"),),
        )
        assert other.labels.merged == (("a", "2"), ("y", "base"), ("y_extracted", "4"))


def test_a_variable_in_a_filter_has_no_value() -> None:
    """Grafana's variables have to be replaced before a query is evaluated."""
    with pytest.raises(LogQLTypeError, match=r"\$n has no value"):
        compile_pipeline(log_query('{a="b"} | x > $n'))
