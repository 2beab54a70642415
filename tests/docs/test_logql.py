"""docs/logql.md: its examples answer as they say, and it names every warning and every step."""

from __future__ import annotations

import doctest
import inspect
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from toolkit.cli.logql import app
from toolkit.logql import advice, builder, conditions

_PAGE = Path(__file__).parents[2] / "docs" / "logql.md"


def test_the_examples_in_python_answer_as_they_say() -> None:
    found = doctest.testfile(str(_PAGE), module_relative=False, encoding="utf-8")
    assert (found.failed, found.attempted > 30) == (0, True)


def test_the_example_on_the_command_line_answers_as_it_says() -> None:
    shown = re.search(r"\$ echo '(.*)' \| toolkit logql check\n(.*?)```", _PAGE.read_text(), re.S)
    assert shown is not None
    result = CliRunner().invoke(app, ["check"], input=shown[1])
    assert (result.exit_code, result.stdout) == (1, shown[2])


def test_every_warning_is_in_the_table() -> None:
    codes = set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', inspect.getsource(advice)))
    assert len(codes) > 10
    assert codes == set(re.findall(r"^\| `([a-z-]+)`", _PAGE.read_text(), re.M))


@pytest.mark.parametrize("of", [builder.Logs, builder.Unwrapped, builder.Metric, conditions])
def test_every_step_of_the_builder_is_shown_or_named(of: object) -> None:
    alike = {"count_over_time": "rate", "bytes_over_time": "bytes_rate", "lacks_ip": "contains_ip"}
    alike |= dict.fromkeys(["avg", "min", "max", "count", "bottomk"], "topk")
    text = _PAGE.read_text()
    for name, member in inspect.getmembers(of, inspect.isfunction):
        own = member.__module__ in (builder.__name__, conditions.__name__)
        if own and not name.startswith("_"):
            assert re.search(rf"\b{alike.get(name, name)}\b", text), name
