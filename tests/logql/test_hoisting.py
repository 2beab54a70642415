"""The order in which Loki runs the stages of a pipeline."""

from __future__ import annotations

import pytest

from toolkit.logql import ast
from toolkit.logql.hoisting import evaluation_order
from toolkit.logql.parser import parse
from toolkit.logql.printer import print_stage


def _order(pipeline: str) -> list[str]:
    expr = parse(f'{{a="b"}} {pipeline}')
    assert isinstance(expr, ast.LogQuery)
    steps = evaluation_order(expr.stages)
    return [" ".join(map(print_stage, s if isinstance(s, tuple) else (s,))) for s in steps]


@pytest.mark.parametrize(
    ("pipeline", "order"),
    [
        ("", []),
        ('|= "a" != "b"', ['|= "a" != "b"']),
        ('| json |= "a"', ['|= "a"', "| json"]),
        (
            '|= "a" | json |= "b" | logfmt |= "c"',
            ['|= "a" |= "b" |= "c"', "| json", "| logfmt"],
        ),
        (
            '| json | x="y" |= "a" | logfmt |= "b"',
            ["| json", '| x="y"', '|= "a" |= "b"', "| logfmt"],
        ),
        ('| line_format "z" |= "a"', ['| line_format "z"', '|= "a"']),
        (
            '|= "a" | json | line_format "z" |= "b"',
            ['|= "a"', "| json", '| line_format "z"', '|= "b"'],
        ),
        ('| unpack |= "a"', ["| unpack", '|= "a"']),
        ('| decolorize |= "a"', ['|= "a"', "| decolorize"]),
        ('| label_format x=y |= "a" | drop x', ['|= "a"', "| label_format x=y", "| drop x"]),
    ],
)
def test_line_filters_move_to_the_front(pipeline: str, order: list[str]) -> None:
    """They stop behind label filters, line_format and unpack (ast.go, reorderStages)."""
    assert _order(pipeline) == order
