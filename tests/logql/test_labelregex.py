"""Which regexes of label filters Loki replaces by searches for texts."""

from __future__ import annotations

import pytest

from tests.logql.recorded import values
from toolkit.logql.canonical import canonical
from toolkit.logql.labelregex import loses_anchors, stays_a_regex
from toolkit.logql.parser import parse
from toolkit.logql.quoting import quote


def test_what_stays_a_regex_is_shown_in_back_quotes_as_in_loki() -> None:
    cases = values("label_regex")
    assert len(cases) > 40
    for pattern, shown in cases:
        assert canonical(parse('{a="b"} | x=~' + quote(pattern))) == shown


@pytest.mark.parametrize(
    ("pattern", "lost"),
    [
        # Matched anywhere in the value by a running Loki, or only as a whole.
        ("err.*", True),
        (".*rro", True),
        ("war|warm", True),
        ("foo(bar|qux)", True),
        ("(err.*)", True),
        ("error", False),
        ("info|error", False),
        ("al[a-z]*", False),
        (".*rro.*", False),
        (".*", False),
        (".+", False),
        ("^err.*$", False),
        ("(?i)error", False),
    ],
)
def test_a_concatenation_loses_its_anchors(pattern: str, lost: bool) -> None:
    assert loses_anchors(pattern) == lost


def test_a_negative_regex_is_always_shown_in_double_quotes() -> None:
    assert canonical(parse('{a="b"} | x!~"al[a-z]*"')) == '{a="b"} | x!~"al[a-z]*"'
    assert stays_a_regex("al[a-z]*")
