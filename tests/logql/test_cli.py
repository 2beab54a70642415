"""``toolkit logql fmt | check | explain``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from toolkit.cli.logql import app
from toolkit.cli.logql_files import held_queries
from toolkit.errors import LogQLError
from toolkit.logql.parser import parse

_ROOT = Path(__file__).parents[2]

_YAML = """\
# kept as it is
queries:
  - name: one
    expr: |-
      sum by (rule) (   # why
        rate({app="a"}[5m]))
    unit: events
  - name: two
    expr:   'rate({app="a"}[5])'
  - name: three
    expr: |-
      sum( rate({app="a"}
        [5m]))
groups:
  - rules:
      - alert: Four
        expr: count(rate({app="a"}[5m])) > 1   # and a comment
"""


def _run(*arguments: str, stdin: str | None = None) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(arguments), input=stdin)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_check_accepts_a_good_query_from_standard_input() -> None:
    code, out, err = _run("check", stdin='sum by (x) (rate({app="a"}[$__auto]))\n')
    assert (code, out, err) == (0, "", "1 query checked\n")


def test_check_points_at_what_is_wrong_and_proposes() -> None:
    code, out, _ = _run("check", "-", stdin='\nsum(\n  count_over_tme({app="a"}[5m]))\n')
    assert code == 1
    assert out.splitlines() == [
        "-:3:3: error: parse error at line 2, col 3: syntax error: unexpected IDENTIFIER",
        '    count_over_tme({app="a"}[5m]))',
        "    ^^^^^^^^^^^^^^",
        "  hint: did you mean `count_over_time`?",
    ]


def test_check_warns_and_fails_for_warnings_only_when_asked() -> None:
    query = '{app="a"} | level=~"err.*"'
    code, out, _ = _run("check", stdin=query)
    assert code == 0
    assert "warning: Loki looks for a part of the value of level" in out
    assert "[unanchored-label-filter]" in out
    assert _run("check", "--strict", stdin=query)[0] == 1


def test_check_takes_variables_unless_told_that_loki_would_get_them() -> None:
    query = 'rate({app="a"}[$__auto])'
    assert _run("check", stdin=query)[0] == 0
    assert _run("check", "--loki", stdin=query)[0] == 1


def test_check_reads_the_queries_of_yaml_files_with_their_places(tmp_path: Path) -> None:
    file = tmp_path / "q.yaml"
    file.write_text(_YAML)
    code, out, _ = _run("check", str(file))
    assert code == 1
    places = [line for line in out.splitlines() if line.startswith(str(file))]
    assert [place.removeprefix(str(file)).split(": ")[:2] for place in places] == [
        [":9:28", "error"],
        [":17:15", "warning"],
    ]
    lines = _YAML.split("\n")
    assert lines[8][27:].startswith("[5]")
    assert lines[16][14:].startswith("count(")


def test_a_text_file_holds_queries_separated_by_empty_lines() -> None:
    content = '# first\n{app="a"}\n\n# nothing but a comment\n\nrate(\n  {app="b"}[5m])\n'
    assert [(held.text, held.first) for held in held_queries("q.logql", content)] == [
        ('# first\n{app="a"}', 0),
        ('rate(\n  {app="b"}[5m])', 5),
    ]


def test_a_single_query_may_hold_empty_lines() -> None:
    (held,) = held_queries("q.logql", '{app="a"}\n\n  | json\n')
    assert held.text == '{app="a"}\n\n  | json'


def test_fmt_prints_the_usual_form() -> None:
    code, out, _ = _run("fmt", stdin='SUM( rate({app="a"}\n[5m])) by (x)')
    assert (code, out) == (0, 'sum by (x) (rate({app="a"}[5m]))\n')


def test_fmt_prints_lokis_form_when_asked() -> None:
    assert _run("fmt", "--loki", stdin='sum(rate({app="a"}[90m])) by (x)')[1] == (
        'sum by (x)(rate({app="a"}[1h30m]))\n'
    )


def test_fmt_keeps_comments_around_a_query_and_queries_with_comments_inside() -> None:
    around = '# why\n{app="a"}|json # how'
    assert _run("fmt", stdin=around)[1] == '# why\n{app="a"} | json # how\n'
    inside = '{app="a"} # why\n|json'
    assert _run("fmt", stdin=inside)[1] == inside + "\n"


def test_fmt_check_changes_nothing_and_tells_by_its_exit_code(tmp_path: Path) -> None:
    file = tmp_path / "q.logql"
    file.write_text('{app="a"}|json\n')
    code, out, _ = _run("fmt", "--check", str(file))
    assert (code, out) == (1, f"{file}:1:1: would be formatted\n")
    assert file.read_text() == '{app="a"}|json\n'
    file.write_text('{app="a"} | json\n')
    assert _run("fmt", "--check", str(file))[0] == 0


def test_fmt_write_changes_queries_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "q.yaml"
    file.write_text(_YAML)
    code, _, err = _run("fmt", "--write", str(file))
    assert code == 1  # for the query that is wrong
    assert 'not a valid duration string: "5"' in err
    assert file.read_text() == _YAML.replace(
        'sum( rate({app="a"}\n        [5m]))', 'sum(rate({app="a"}[5m]))'
    )


def test_fmt_write_keeps_the_ends_of_lines(tmp_path: Path) -> None:
    for name, before, after in (
        ("a.logql", b'{app="a"}|json\r\n\r\n# c\r\n', b'{app="a"} | json\r\n\r\n# c\r\n'),
        (
            "a.yaml",
            b'expr: |\r\n  {app="a"}|json\r\nb: 1',
            b'expr: |\r\n  {app="a"} | json\r\nb: 1',
        ),
        ("b.logql", b'\xef\xbb\xbf{app="a"}|json', b'\xef\xbb\xbf{app="a"} | json'),
    ):
        (tmp_path / name).write_bytes(before)
        assert _run("fmt", "--write", str(tmp_path / name))[0] == 0
        assert (tmp_path / name).read_bytes() == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('expr: |\n\n  {a="b"}|json\n', 'expr: |\n\n  {a="b"} | json\n'),
        ('expr: |2\n    {a="b"}|json\n', 'expr: |2\n    {a="b"} | json\n'),
        (
            'expr: |-  # why\n  {a="b"}|json\n\n\nc: d',
            'expr: |-  # why\n  {a="b"} | json\n\n\nc: d',
        ),
        ('x: "\u2028"\nexpr: |\n  {a="b"}|json', 'x: "\u2028"\nexpr: |\n  {a="b"} | json'),
        ("expr: |", "expr: |"),
        ("expr: |\n\n", "expr: |\n\n"),
        ("expr:", "expr:"),
    ],
)
def test_fmt_write_leaves_the_yaml_around_a_query_alone(
    before: str, after: str, tmp_path: Path
) -> None:
    file = tmp_path / "q.yaml"
    file.write_text(before, encoding="utf-8")
    _run("fmt", "--write", str(file))
    assert file.read_text(encoding="utf-8") == after
    _run("fmt", "--write", str(file))
    assert file.read_text(encoding="utf-8") == after


def test_fmt_of_several_files_prints_queries_that_stay_apart(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.logql").write_text(f'{{app="{name}"}}', encoding="utf-8")
    (tmp_path / "empty.logql").write_text("", encoding="utf-8")
    assert _run("fmt", str(tmp_path))[1] == '{app="a"}\n\n{app="b"}\n'
    assert _run("fmt", str(tmp_path / "empty.logql"))[1] == ""


def test_fmt_write_can_be_repeated(tmp_path: Path) -> None:
    file = tmp_path / "q.logql"
    file.write_text('# one\nSUM(rate({app="a"}[5m]))\n\n# two\n{app="b"}|json\n')
    assert _run("fmt", "--write", str(file))[0] == 0
    once = file.read_text()
    assert once == '# one\nsum(rate({app="a"}[5m]))\n\n# two\n{app="b"} | json\n'
    assert _run("fmt", "--write", str(file))[1] == ""
    assert file.read_text() == once


def test_fmt_takes_one_way_of_working_at_a_time() -> None:
    assert _run("fmt", "--check", "--write", stdin="1")[0] == 2


def test_a_file_that_is_not_there_is_a_mistake_of_the_caller() -> None:
    code, _, err = _run("check", "nowhere.logql")
    assert code == 2
    assert "no such file or folder: nowhere.logql" in err


def test_a_file_that_cannot_be_read_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    (tmp_path / "gone.logql").symlink_to(tmp_path / "nowhere")
    code, _, err = _run("check", str(tmp_path))
    assert code == 2
    assert "gone.logql: No such file or directory" in err


def test_what_is_no_yaml_is_a_finding_and_other_files_are_checked(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("x: [1,\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text('expr: "{app"\n', encoding="utf-8")
    (tmp_path / "c.yaml").write_text('expr: {app="a"}\n', encoding="utf-8")
    code, out, _ = _run("check", str(tmp_path))
    assert code == 1
    lines = [line.replace(str(tmp_path), "") for line in out.splitlines() if "error:" in line]
    assert lines == [
        "/a.yaml:2:1: error: not YAML: expected the node content, but found '<stream end>'",
        "/b.yaml:1:12: error: parse error at line 1, col 5: syntax error: unexpected $end, "
        "expecting = or =~ or !~ or !=",
        "/c.yaml:1:7: error: YAML reads this as a mapping: put the query in quotes, or behind "
        "expr: |",
    ]
    assert _run("fmt", "--check", str(tmp_path))[0] == 1


@pytest.mark.parametrize("content", ["a: &x [*x]\nexpr: b", 'a: &x\n  expr: "x"\nb: *x\n'])
def test_an_alias_of_yaml_does_not_lead_to_a_query_twice(content: str) -> None:
    assert len(held_queries("q.yaml", content)) == 1


def test_hidden_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "a.logql").write_text("{", encoding="utf-8")
    (tmp_path / "a.logql").mkdir()
    (tmp_path / "b.logql").write_text('{app="a"}', encoding="utf-8")
    assert _run("check", str(tmp_path)) == (0, "", "1 query checked\n")


def test_a_folder_stands_for_the_queries_below_it(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "good.logql").write_text('{app="a"}\n')
    (tmp_path / "below" / "rules.yml").write_text("expr: sum(\n")
    (tmp_path / "notes.md").write_text("no query\n")
    code, out, _ = _run("check", str(tmp_path))
    assert code == 1
    assert str(tmp_path / "below" / "rules.yml") in out
    assert "notes.md" not in out
    (tmp_path / "below" / "rules.yml").write_text('expr: sum(rate({app="a"}[5m]))\n')
    code, _, err = _run("check", str(tmp_path))
    assert (code, "2 queries checked" in err) == (0, True)
    (tmp_path / "empty").mkdir()
    code, _, err = _run("check", str(tmp_path / "empty"))
    assert (code, "below" in err) == (2, True)


def test_findings_for_programs_name_every_place() -> None:
    text = '{app="é"} |~ "x"\n\nsum(\n  rate({app="a"}[5]))\n'
    code, out, _ = _run("check", "--format", "json", stdin=text)
    report = json.loads(out)
    assert (code, report["queries"], report["errors"], report["warnings"]) == (1, 2, 1, 1)
    warning, error = report["problems"]
    assert (warning["code"], warning["line"], warning["column"]) == ("regex-for-a-text", 1, 11)
    assert (error["code"], error["file"], error["line"], error["column"]) == (None, "-", 4, 17)
    assert error["details"] == "hint: did you mean [5m]?"
    start, end = error["span"]
    assert error["query"][start:end] == "[5]"
    assert json.loads(_run("check", "--format", "json", stdin="1\n")[1])["problems"] == []


def test_findings_for_github_stand_beside_the_lines(tmp_path: Path) -> None:
    file = tmp_path / "a,b.logql"
    file.write_text("1\n\nrate({a='b'}[5m])\n")
    code, out, _ = _run("check", "--format", "github", str(file))
    name = str(file).replace(",", "%2C")
    assert code == 1
    assert out == (
        f"::error file={name},line=3,title=LogQL::parse error at line 1, col 9: syntax error: "
        'unexpected IDENTIFIER, expecting STRING%0Ahint: texts stand in double quotes: "b"\n'
    )


def test_what_a_terminal_might_obey_is_shown_and_long_lines_are_cut() -> None:
    query = '{a="' + "x" * 500 + '"} |= "\x1b[2J" | foo "' + "y" * 500
    _, out, _ = _run("check", stdin=query)
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) < 120


def test_the_caret_stands_under_its_place_behind_signs_that_are_shown_longer(
    tmp_path: Path,
) -> None:
    file = tmp_path / "a.logql"
    file.write_bytes(b'{a="\x1b"} |= foo\n\n\xff\n')
    _, out, _ = _run("check", str(file))
    lines = out.splitlines()
    assert lines[1] == '  {a="\\x1b"} |= foo'
    assert lines[2].index("^") == lines[1].index("foo")
    assert "  \\xff" in lines


def test_explain_says_what_is_read_and_when() -> None:
    query = (
        'topk(5, sum by (rule) (count_over_time({app="a"} | json x="y" |= "shell" | z!="" '
        "[5m] offset 1h)))"
    )
    code, out, _ = _run("explain", query)
    assert code == 0
    assert out.splitlines()[:10] == [
        "topk: keep the 5 series with the largest values, at every time, of",
        "  sum: add up the values for each value of rule, of",
        "    count_over_time: the number of lines with t in (t - 1h - 5m, t - 1h], "
        "a series for each set of labels, of",
        '      the lines of the streams where app is "a"',
        "      of each line, in this order:",
        '      - keep it if it contains "shell"',
        '      - read it as JSON and take x from "y"',
        "      - keep it if z is not empty",
        '      (Loki moves |= "shell" to the front, before stages that do not change the line)',
        "",
    ]
    assert "[parser-errors-unseen]" in out


def test_explain_reads_standard_input_and_refuses_what_is_wrong() -> None:
    assert _run("explain", "-", stdin="1 + 1\n")[1] == "the number 2\n"
    with pytest.raises(LogQLError):
        _run("explain", "1 +")


def test_the_pre_commit_hooks_call_commands_that_exist() -> None:
    hooks = yaml.safe_load((_ROOT / ".pre-commit-hooks.yaml").read_text())
    for hook in hooks:
        program, group, command, *options = hook["entry"].split()
        assert (program, group) == ("toolkit", "logql")
        assert _run(command, *options, "-", stdin='{app="a"}')[0] == 0


def test_every_query_of_the_project_is_accepted() -> None:
    for file in sorted(_ROOT.glob("queries/*.yaml")):
        for held in held_queries(file.name, file.read_text(encoding="utf-8")):
            parse(held.text)
