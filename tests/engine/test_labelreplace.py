"""label_replace: Go's Expand, anchoring, missing sources, labels that become equal."""

from __future__ import annotations

import pytest

from tests.engine.vectors import labels, points, vectors
from toolkit.engine.labelreplace import replaced
from toolkit.engine.points import Steps, matrix
from toolkit.logql import regex
from toolkit.logql.ast import LabelReplace, VectorLiteral

HOST = labels(host="node-7", job="falco")


def one(dst: str, replacement: str, src: str, regex: str, given=HOST) -> dict[str, str]:
    expr = LabelReplace(VectorLiteral(1.0), dst, replacement, src, regex)
    ((found, _),) = vectors(replaced(points([[(given, 1.0)]]), expr), 1)[0]
    return dict(found)


@pytest.mark.parametrize(
    ("arguments", "want"),
    [
        (("n", "$1", "host", r"node-(\d+)"), {"n": "7"}),
        (("n", "${1}x", "host", r"node-(\d+)"), {"n": "7x"}),
        (("n", "$1x", "host", r"node-(\d+)"), {}),
        (("n", "${d}", "host", r"node-(?P<d>\d+)"), {"n": "7"}),
        (("n", "$0", "host", ".*"), {"n": "node-7"}),
        (("n", "$$1", "host", ".*"), {"n": "$1"}),
        (("n", "x", "host", "node"), {}),
        (("n", "x", "missing", ""), {"n": "x"}),
        (("n", "x", "missing", ".+"), {}),
        (("n", "$1", "host", "(a)?.*"), {}),
        (("job", "$9", "host", ".*"), {"job": None}),
        (("9bad", "b", "", ""), {"9bad": "b"}),
    ],
)
def test_what_is_written(arguments: tuple[str, str, str, str], want: dict[str, str | None]) -> None:
    """The regex is anchored; an empty result removes the label; a name may be any text."""
    expected = {**dict(HOST), **want}
    assert one(*arguments) == {k: v for k, v in expected.items() if v is not None}


def test_a_match_drops_labels_without_a_value() -> None:
    """Rewriting goes through a label builder, which drops them; without a match nothing changes."""
    given = labels(host="a", x="")
    assert one("n", "b", "host", "a", given) == {"host": "a", "n": "b"}
    assert one("n", "b", "host", "z", given) == {"host": "a", "x": ""}


@pytest.mark.parametrize(
    ("template", "want"),
    [("$a-$b", "-B"), ("${a", "${a"), ("$", "$"), ("$$", "$"), ("$-", "$-"), ("a$b.c", "aB.c")],
)
def test_expand_is_gos(template: str, want: str) -> None:
    """A name is as long as it can be; what is no reference stays."""
    assert regex.expand(template, {"b": "B"}) == want


def test_equal_label_sets_stay_apart_at_an_instant_and_meet_in_a_matrix() -> None:
    """Two series that become one: two samples of a vector, two values at one time of a series."""
    expr = LabelReplace(VectorLiteral(1.0), "host", "all", "host", ".*")
    given = points([[(labels(host="a"), 1.0), (labels(host="b"), 2.0)]])
    found = replaced(given, expr)
    assert vectors(found, 1) == [[(labels(host="all"), 1.0), (labels(host="all"), 2.0)]]
    (series,) = matrix(found, Steps(0, 1, 1))
    assert series.timestamps.tolist() == [0, 0]
    assert series.values.tolist() == [1.0, 2.0]
