"""docs/rule-tests.md: its examples run, and every key and code is in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.ruletest.support import run, write
from toolkit.cli.rules import check as check_command
from toolkit.promql.evaluate import EVALUATED
from toolkit.ruletest import check, rulefile, runner, testfile, testinputs, yamlreader
from toolkit.ruletest.check import check_file
from toolkit.ruletest.checks import CODES
from toolkit.ruletest.show import show_file

PAGE = (Path(__file__).parents[2] / "docs" / "rule-tests.md").read_text(encoding="utf-8")
EXAMPLES: dict[str, str] = dict(re.findall(r"```yaml\n# ([\w.]+)\n(.*?)```", PAGE, re.DOTALL))


def test_the_examples_run_and_their_rules_are_right(tmp_path: Path) -> None:
    for name, body in EXAMPLES.items():
        write(tmp_path, name, body)
    tests = [name for name in EXAMPLES if name.endswith(".test.yaml")]
    assert len(tests) == 3
    for name in tests:
        result = run(tmp_path / name)
        assert result.passed, "\n".join(show_file(result))
    assert check_file(tmp_path / "rules.yaml") == []


def test_the_failure_that_is_shown_is_what_a_failure_looks_like(tmp_path: Path) -> None:
    write(tmp_path, "rules.yaml", EXAMPLES["rules.yaml"])
    wrong = EXAMPLES["checkout.test.yaml"].replace("severity: page", "severity: warn")
    lines = list(show_file(run(write(tmp_path, "checkout.test.yaml", wrong)), width=68))
    shown = "\n".join(lines[1:]).replace(f"{tmp_path}/", "")
    assert shown in PAGE


def test_the_findings_that_are_shown_are_what_findings_look_like(tmp_path: Path) -> None:
    problems = check_file(write(tmp_path, "wrong.yaml", EXAMPLES["wrong.yaml"]))
    assert "\n".join(one.show() for one in problems).replace(f"{tmp_path}/", "") in PAGE


@pytest.mark.parametrize(
    "keys",
    [testfile._FILE_KEYS, testfile._TEST_KEYS, testfile._ALERT_KEYS, testfile._EXPECTED_KEYS,
     testfile._EXPR_KEYS, testinputs._ENTRY_KEYS, testinputs._FILE_KEYS, testinputs._EVENT_KEYS,
     testinputs._SERIES_KEYS],
)  # fmt: skip
def test_every_key_is_there(keys: tuple[str, ...]) -> None:
    assert [key for key in keys if f"`{key}`" not in PAGE] == []


def test_every_code_is_there() -> None:
    source = "".join(
        Path(module.__file__ or "").read_text(encoding="utf-8")
        for module in (check, rulefile, runner, testfile, testinputs, yamlreader)
    )
    named = (
        r'(?:code(?:: str)? ?= ?|Problem\(\s*|warn\(\s*|needs a range" in hint else )"([a-z-]+)"'
    )
    used = set(re.findall(named, source))
    assert {"format", "yaml", "alert-twice", "template", "alertname", "namespace"} <= used
    assert [code for code in sorted(CODES | used) if f"`{code}`" not in PAGE] == []


def test_every_function_of_promql_that_is_evaluated_is_there() -> None:
    (listed,) = re.findall(r"and the functions\n\n(.*?)\.\n\n", PAGE, re.DOTALL)
    assert set(re.findall(r"`(\w+)`", listed)) == EVALUATED


def test_every_option_is_there() -> None:
    assert check_command.__doc__ is not None
    for option in ("--junit", "--run", "--dashboards", "--labels", "--json", "--strict",
                   "--evaluation-interval"):  # fmt: skip
        assert f"`{option}" in PAGE
