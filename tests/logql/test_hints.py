"""An error proposes what was probably meant, where that is plain."""

from __future__ import annotations

import pytest

from toolkit.errors import LogQLError
from toolkit.logql.parser import parse


def _hint(query: str) -> str | None:
    with pytest.raises(LogQLError) as raised:
        parse(query)
    return raised.value.hint


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
        ("{a=$x}", 'a variable that stands for a text stands in quotes: "$x"'),
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
        ('{a="b"} | foo', 'foo is no stage of LogQL; a label filter is written foo="value"'),
    ],
)
def test_a_plain_mistake_is_met_with_a_proposal(query: str, hint: str) -> None:
    assert _hint(query) == hint


def test_where_nothing_is_plain_there_is_no_hint() -> None:
    assert _hint('{a="b"} ) (') is None


def test_a_proposal_does_not_touch_the_message() -> None:
    with pytest.raises(LogQLError) as raised:
        parse('count_over_tme({a="b"}[5m])')
    assert raised.value.message == (
        "parse error at line 1, col 1: syntax error: unexpected IDENTIFIER"
    )
