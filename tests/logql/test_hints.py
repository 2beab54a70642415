"""An error proposes what was probably meant, where that is plain."""

from __future__ import annotations

import pytest

from toolkit.errors import LogQLError
from toolkit.logql.parser import parse


def _hint(query: str) -> str | None:
    with pytest.raises(LogQLError) as raised:
        parse(query)
    return raised.value.hint


_FILTERS = 'lines are filtered by |= "text" and |~ "regular expression", one after another'


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ('count_over_tme({a="b"}[5m])', "did you mean `count_over_time`?"),
        ('sum by (x) (rte({a="b"}[5m]))', "did you mean `rate`?"),
        ('{a="b"} | jsn', "did you mean `json`?"),
        ('{a="b"} | line_fomat "x"', "did you mean `line_format`?"),
        ('{a="b"} | line_format "{{ upperr .x }}"', "did you mean `upper`?"),
        ('rate({a="b"}[5minutes])', "did you mean [5m]?"),
        ('rate({a="b"}[30 seconds])', "did you mean [30s]?"),
        ('rate({a="b"}[5])', "did you mean [5m]?"),
        ('rate({a="b"}[1.5h])', "a range is made of whole numbers: [1h30m]"),
        ('{a="b"} | size > 1mb', "did you mean 1MB?"),
        ('{a="b"} | size > 1.5kib', "did you mean 1.5KiB?"),
        ('count({a="b"}[5m])', "did you mean `count_over_time`? count counts series"),
        ('sum({a="b"}[5m])', "sum works on series: sum(count_over_time({...}[5m]))"),
        ('sum by (x) ({a="b"})', "sum works on series: sum(count_over_time({...}[5m]))"),
        ('rate({a="b"})', "rate needs a range: rate({...} [5m])"),
        ("{a='b'}", 'texts stand in double quotes: "b"'),
        ("{a=b}", 'put the text in quotes: "b"'),
        ('{a="b"} |= "x" or y', 'put the text in quotes: "y"'),
        ('{a=="b"}', "a label is compared by a single ="),
        ('{a="b"} | x == "y"', "a text is compared by a single ="),
        ('{a="b"} | x="1" && y="2"', "write `and`"),
        ('{a="b"} | x="1" || y="2"', "write `or`"),
        ('rate({a="b"}[5m]) offset 1h', "offset stands directly behind the range: [5m] offset 1h"),
        ('sum(rate({a="b"}[5m])', "the ( at 1:4 has no )"),
        ('{a="b"', "the { at 1:1 has no }"),
        ('rate({a="b"}[5m]) by (x)', "group around it: sum by (label) (rate(...))"),
        ('topk(rate({a="b"}[5m]))', "say how many: topk(10, ...)"),
        ('-(rate({a="b"}[5m]))', "a minus sign stands before numbers only; write -1 * (...)"),
        ('{a="b"} |~ "*"', 'a * repeats what is before it; "anything" is .*'),
        ('{a="b"} |~ "\\d"', "write \\\\ for a backslash, or put the text in back quotes"),
        ('rate by (x) ({a="b"}[5m])', "group around it, sum by (label) (rate(...)), or behind it "
         "where it unwraps"),
        ('sum by x (rate({a="b"}[5m]))', "labels stand in parentheses: sum by (label) (...)"),
        ('sum(rate({a="b"}[5m])) by x', "labels stand in parentheses: by (label)"),
        ("vector(1) / on vector(2)", "labels stand in parentheses: on (label)"),
        ("vector(1) on (x) vector(2)", "on stands behind an operator: a / on (label) b"),
        ('{a="b" c="d"}', "a comma stands between matchers"),
        ('{a:"b"}', "a label is compared by =, !=, =~ or !~"),
        ('{a-x="b"}', "a label's name holds letters, digits and _ only"),
        ('a="b"', 'a query begins with the streams it reads, {label="value"}, or with a function'),
        ('{a="b"} "x"', _FILTERS),
        ('{a="b"} =~ "x"', _FILTERS),
        ('{a="b"} | "x"', _FILTERS),
        ('{a="b"} |= "x" and "y"', _FILTERS),
        ('{a="b"} |= "x" && |= "y"', _FILTERS),
        ('{a="b"} |=~ "x"', "|~ looks for a regular expression, |= for a text"),
        ('{a="b"} | line_format x', "what line_format takes is a text, in quotes"),
        ('{a="b"} | label_format x', 'label_format new=old, or new="template"'),
        ('{a="b"} | limit 10', "how many lines are wanted is said beside the query: --limit, or "
         "limit of the request"),
        ('{a="b"} | x in ("y")', 'one of several texts is x=~"a|b"'),
        ('{a="b"} | x > 5min', "did you mean 5m?"),
        ('{a="b"} | x.y="z"', "a label's name has no dots; Loki stores them as underscores"),
        ('{a="b"} | drop', "drop takes names of labels, as they are: drop a, b"),
        ('{a="b"} | keep (x)', "keep takes names of labels, as they are: keep a, b"),
        ('{a="b"} |= ip(10.0.0.1)', 'an address stands in quotes: ip("10.0.0.1")'),
        ('{a="b"} | x == ip("::1")', "ip() is compared by = or !="),
        ('rate({a="b"} | unwrap byte(x) [5m])', "did you mean `bytes`?"),
        ('rate({a="b"} | unwrap ms(x) [5m])', "values are converted by bytes(label), "
         "duration(label) or duration_seconds(label)"),
        ('rate({a="b"}[5m] offset 1)', "an offset is a length of time: offset 1h"),
        ('topk(rate({a="b"}[5m]), 5)', "the number stands first: topk(number, ...)"),
        ("sum(vector(1), 2)", "sum takes one query and nothing else"),
        ("vector()", "vector takes a number: vector(0)"),
        ("vector(1))", "this ) closes nothing"),
        ("vector(1) = 1", "values are compared by =="),
        ("vector(1) <> 1", "write !="),
        ('{a="b"} |~ "("', "write \\\\( for a parenthesis, or \\( in back quotes"),
        ('{a=~"(?!x)"}', "RE2 looks neither ahead nor behind; leave lines and streams out by != "
         "and !~"),
        ('{a="b"} | line_format "{{.x"', "the }} is missing"),
        ('{a="b"} | line_format "{{x}}"', "a label is written with a dot: .x"),
        ('{a="b"} | foo', 'foo is no stage of LogQL; a label filter is written foo="value"'),
    ],
)  # fmt: skip
def test_a_plain_mistake_is_met_with_a_proposal(query: str, hint: str) -> None:
    assert _hint(query) == hint


def test_where_nothing_is_plain_there_is_no_hint() -> None:
    assert _hint('{a="b"} } {') is None


def test_a_proposal_does_not_touch_the_message() -> None:
    with pytest.raises(LogQLError) as raised:
        parse('count_over_tme({a="b"}[5m])')
    assert raised.value.message == (
        "parse error at line 1, col 1: syntax error: unexpected IDENTIFIER"
    )
