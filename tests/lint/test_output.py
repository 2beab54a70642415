"""How problems are printed."""

from __future__ import annotations

import json

from tests.lint.support import boards
from toolkit.lint.checks import BY_CODE
from toolkit.lint.output import as_github, as_json, as_text
from toolkit.lint.run import Report, lint

SHORT = 'count(rate({app="x"}[$__auto]))'


def report(expr: str, title: str = "Events", code: str = "count-of-rate") -> Report:
    case = {"panels": [{"title": title, "targets": [{"expr": expr}]}]}
    return lint(boards(case), checks=[BY_CODE[code]])


def test_text_has_the_place_the_query_and_a_caret() -> None:
    assert as_text(report(f"topk(1, {SHORT})")) == (
        "board.json: error: count(rate(...)) is the number of label sets, not of events"
        " [count-of-rate]\n"
        '  panel "Events", panels[0].targets[0].expr\n'
        f"    topk(1, {SHORT})\n"
        f"            {'^' * len(SHORT)}\n"
        "  A label set counts 1 however many lines it has. Use sum(count_over_time(...)) for"
        " events, or name what is counted: count(sum by (rule) (count_over_time(...))).\n"
        "\n"
        "1 error, 0 warnings in 1 dashboard"
    )


def test_of_a_long_query_the_part_around_the_caret_is_shown() -> None:
    selector = ", ".join(f'label{n}="value"' for n in range(40))
    shown = as_text(
        report(f"sum(rate({{{selector}}} [$__foo])) or vector(1)", code="unknown-variable")
    )
    line, marks = shown.split("\n")[2:4]
    assert len(line) <= 110
    assert line.strip().startswith("…")
    assert line[marks.index("^") : marks.rindex("^") + 1] == "$__foo"


def test_of_several_lines_the_one_with_the_caret_is_shown() -> None:
    shown = as_text(report(f"sum(\n  {SHORT}\n)"))
    assert f"\n      {SHORT}\n      ^" in shown


def test_a_title_cannot_steer_the_terminal() -> None:
    shown = as_text(report(SHORT, title="\x1b[2Jgone\u202e"))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\\x1b[2Jgone" in shown


def test_json_holds_the_same_for_programs() -> None:
    data = json.loads(as_json(report(SHORT)))
    (one,) = data["problems"]
    assert (data["errors"], data["warnings"], data["dashboards"]) == (1, 0, 1)
    assert one["query"][slice(*one["span"])] == SHORT
    assert one["path"] == ["panels", 0, "targets", 0, "expr"]
    assert (one["code"], one["severity"], one["panel"]) == ("count-of-rate", "error", "Events")


def test_github_annotations_are_escaped() -> None:
    shown = as_github(report(SHORT, title="a\n::set-output name=x::50%"))
    first, rest = shown.split("\n")
    assert first.startswith("::error file=board.json,title=count-of-rate::panel")
    assert "a%0A::set-output name=x::50%25" in first
    assert rest == "1 error, 0 warnings in 1 dashboard"
