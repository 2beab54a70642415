"""Authors are told where a query may not mean what they think."""

from __future__ import annotations

import pytest

from tests.logql.recorded import queries
from toolkit.logql.advice import advise
from toolkit.logql.parser import parse

_UNREMARKABLE = [
    '{app="a"} |= "x" | json | level="error"',
    'sum by (rule) (count_over_time({app="a"} | json | __error__="" [5m]))',
    'topk(5, sum by (rule) (rate({app="a"}[$__auto])))',
    'sum(sum_over_time({app="a"} | logfmt | unwrap bytes(size) | __error__="" [5m]))',
    'max_over_time({app="a"} | json x="y" | unwrap x | __error__="" [5m]) by (host)',
    'count(sum by (rule) (count_over_time({app="a"}[5m])))',
]


def _codes(query: str) -> list[str]:
    return [advice.code for advice in advise(parse(query), query)]


@pytest.mark.parametrize("query", _UNREMARKABLE)
def test_a_good_query_gets_no_advice(query: str) -> None:
    assert _codes(query) == []


@pytest.mark.parametrize(
    ("query", "code", "place"),
    [
        ('{a="b"} | level=~"err.*"', "unanchored-label-filter", 'level=~"err.*"'),
        ('{a="b"} | level=~".*rro"', "unanchored-label-filter", 'level=~".*rro"'),
        ('{a="b"} | x="y" or level!~"war|warm"', "unanchored-label-filter", 'level!~"war|warm"'),
        ('{a="b"} | decolorize |= "red text"', "hoisted-line-filter", '|= "red text"'),
        ('{a="b"} | logfmt | size > 1KiB', "rounded-size", "| size > 1KiB"),
        ('count_over_time({a="b"} | json x="y" [1m])', "parser-errors-fatal", '| json x="y"'),
        ('rate({a="b"} | logfmt --strict x [1m])', "parser-errors-fatal", "| logfmt --strict x"),
        ('sum(count_over_time({a="b"} | json [1m]))', "parser-errors-unseen", "| json"),
        ('sum by (x) (rate({a="b"} | unpack [1m]))', "parser-errors-unseen", "| unpack"),
        ('sum(sum_over_time({a="b"} | logfmt | unwrap x [1m]))', "unwrap-errors", "| unwrap x"),
        ('count(rate({a="b"}[1m]))', "counts-series", 'count(rate({a="b"}[1m]))'),
        ('count_over_time({a="b"} | logfmt [1m])', "label-for-every-field", "| logfmt"),
        ('topk(3, rate({a="b"} | logfmt [1m]))', "label-for-every-field", "| logfmt"),
        ('{a="b", c=~"d"}', "regex-for-a-text", 'c=~"d"'),
        ('{a="b"} | c!~"d"', "regex-for-a-text", 'c!~"d"'),
        ('{a="b"} |~ "error"', "regex-for-a-text", '|~ "error"'),
        ('{a="b"} |= ""', "empty-line-filter", '|= ""'),
        ('{a="b"} != ""', "empty-line-filter", '!= ""'),
        ('{a="b"} | __error__="" | json', "error-filter-too-early", '| __error__=""'),
        (
            'approx_topk(3, rate({a="b"}[1m]))',
            "approx-topk-is-off",
            'approx_topk(3, rate({a="b"}[1m]))',
        ),
        ('rate({a="b"}[$__rate_interval])', "unknown-macro", "$__rate_interval"),
        ('rate({a="b"}[${__auto}])', "unknown-macro", "${__auto}"),
    ],
)
def test_a_remark_has_a_code_and_points_at_its_place(query: str, code: str, place: str) -> None:
    found = {a.code: query[a.span.start : a.span.end] for a in advise(parse(query), query)}
    assert found == {code: place}


@pytest.mark.parametrize(
    "query",
    [
        # What a running Loki matched as a whole: plain texts, distinct texts, other regexes.
        '{a="b"} | level=~"info|error"',
        # Sizes that two digits hold.
        '{a="b"} | logfmt | size > 1.5KB',
        '{a="b"} | level=~"al[a-z]*"',
        '{a="b"} | level=~".*rro.*"',
        '{a="b"} | level=~".+"',
        '{a="b"} | level=~"^err.*$"',
        '{a="b", level=~"err.*"}',
        '{a="b"} | level=~"$level.*"',
    ],
)
def test_a_label_filter_that_matches_all_of_a_value_is_left_alone(query: str) -> None:
    assert "unanchored-label-filter" not in _codes(query)


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ('sum(count_over_time({a="b"} | json rule, x="y" | rule!="" [1m]))', []),
        ('count_over_time({a="b"} | json rule | rule="Terminal shell" [1m])', []),
        ('count_over_time({a="b"} | json rule | rule="" [1m])', ["parser-errors-fatal"]),
        ('count_over_time({a="b"} | json rule | x!="" [1m])', ["parser-errors-fatal"]),
        ('count_over_time({a="b"} | rule!="" | json rule [1m])', ["parser-errors-fatal"]),
    ],
)
def test_a_line_that_is_no_json_lacks_the_label_that_is_asked_for(
    query: str, codes: list[str]
) -> None:
    assert _codes(query) == codes


@pytest.mark.parametrize("barrier", ['| line_format "{{__line__}}"', "| unpack", '| x="y"'])
def test_a_line_filter_stays_behind_what_stops_it(barrier: str) -> None:
    assert "hoisted-line-filter" not in _codes(f'{{a="b"}} | decolorize {barrier} |= "x"')


def test_the_proposed_anchors_are_accepted() -> None:
    (advice,) = advise(parse('{a="b"} | level=~"err.*"'))
    assert "level=~`^(?:err.*)$`" in advice.details or 'level=~"^(?:err.*)$"' in advice.details
    assert _codes('{a="b"} | level=~`^(?:err.*)$`') == []


def test_any_query_that_parses_can_be_looked_at() -> None:
    for case in queries():
        if "canonical" in case and "stage_error" not in case:
            advise(parse(case["query"]), case["query"])
