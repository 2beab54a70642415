"""What can be wrong inside of a stage: patterns, templates, paths, addresses.

Loki finds these errors when it makes a query ready to run, not when it parses it, in the order in
which it runs the stages (pkg/logql/syntax/ast.go, ``Stage()``; pkg/logql/log).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from toolkit.errors import LogQLTypeError, Span
from toolkit.logql import ast, regex
from toolkit.logql.canonical import stage as canonical_stage
from toolkit.logql.hints import propose
from toolkit.logql.hoisting import Step, evaluation_order
from toolkit.logql.ip import parse_ip
from toolkit.logql.jsonpath import parse_logfmt_key, parse_path
from toolkit.logql.pattern import parse_line_pattern
from toolkit.logql.variables import has_variable
from toolkit.logql.visitor import find

_Problem = tuple[str, Span]
_Parse = Callable[[str], object]


def check_stages(expr: ast.Expr, text: str = "", *, variables: bool = False) -> None:
    """Raise the LogQLTypeError that Loki reports for the first stage that cannot run.

    ``text`` is the query that ``expr`` was parsed from. With ``variables``, texts that hold a
    Grafana variable are taken on trust.
    """
    for query in find(expr, ast.LogQuery):
        for step in evaluation_order(query.stages):
            for problem, span in _problems(step, variables):
                row = step if isinstance(step, tuple) else (step,)
                shown = " ".join(map(canonical_stage, row))
                message = f"parse error : stage '{shown}' : {problem}"
                hint = propose(problem, text, span)
                raise LogQLTypeError(message, text=text, span=span, hint=hint)


def _problems(step: Step, variables: bool) -> Iterator[_Problem]:
    """What is wrong with ``step``, in the order in which Loki looks."""
    match step:
        case tuple():
            # Loki makes the last filter ready first.
            for line_filter in reversed(step):
                yield from _line_filter_problems(line_filter, variables)
        case ast.JsonParser(extractions=extractions):
            yield from _path_problems(extractions, variables, parse_path)
        case ast.LogfmtParser(extractions=extractions):
            yield from _path_problems(extractions, variables, parse_logfmt_key)
        case ast.LineFormat(template=template, span=span):
            yield from _template_problems(template, None, span, variables)
        case ast.LabelFormat():
            yield from _label_format_problems(step, variables)
        case ast.IPLabelFilter(pattern=pattern, span=span) if _checked(pattern, variables):
            yield from _caught(parse_ip, pattern, span)


def _checked(text: str, variables: bool) -> bool:
    return not (variables and has_variable(text))


def _caught(parse: _Parse, text: str, span: Span) -> Iterator[_Problem]:
    try:
        parse(text)
    except ValueError as error:
        yield str(error), span


def _line_filter_problems(node: ast.LineFilter, variables: bool) -> Iterator[_Problem]:
    matches: Sequence[ast.LineMatch] = node.matches
    if node.op.startswith("!"):
        matches = matches[::-1]
    for match in matches:
        if match.ip and node.op not in ("|=", "!="):
            yield "ip: invalid operation", match.span
        elif not _checked(match.value, variables):
            continue
        elif match.ip:
            yield from _caught(parse_ip, match.value, match.span)
        elif node.op in ("|~", "!~"):
            yield from _caught(regex.check, match.value, match.span)
        elif node.op in ("|>", "!>"):
            yield from _caught(parse_line_pattern, match.value, match.span)


def _path_problems(
    extractions: Sequence[ast.Extraction], variables: bool, parse: _Parse
) -> Iterator[_Problem]:
    for one in extractions:
        if _checked(one.expression, variables):
            for problem, span in _caught(parse, one.expression, one.span):
                yield f"cannot parse expression [{one.expression}]: {problem}", span


def _template_problems(
    template: str, label: str | None, span: Span, variables: bool
) -> Iterator[_Problem]:
    # Imported late: most queries have no template.
    from toolkit.logql.template import TemplateSyntaxError, parse_template

    if not _checked(template, variables):
        return
    try:
        parse_template(template, label=label)
    except TemplateSyntaxError as error:
        yield error.message, span


def _label_format_problems(node: ast.LabelFormat, variables: bool) -> Iterator[_Problem]:
    seen: set[str] = set()
    for one in node.assignments:
        if one.name == "__error__":
            yield f"{one.name} cannot be formatted", one.span
        if one.name in seen:
            message = f"multiple label name '{one.name}' not allowed in a single format operation"
            yield message, one.span
        seen.add(one.name)
    for one in node.assignments:
        if not one.rename:
            yield from _template_problems(one.value, one.name, one.span, variables)
