"""Label sets as they are written in test files: ``'{app="shop", level="error"}'`` or a mapping."""

from __future__ import annotations

import yaml

from toolkit.errors import LogQLError, Span
from toolkit.logql.ast import LogQuery
from toolkit.logql.parser import parse_unvalidated
from toolkit.ruletest.places import Text
from toolkit.ruletest.problems import Problem, Severity
from toolkit.ruletest.yamlreader import Reader


def parse_labels(reader: Reader, node: yaml.Node | None, what: str) -> dict[str, str] | None:
    """The labels; none for what is left out, None after reporting what is wrong."""
    if isinstance(node, yaml.MappingNode):
        found = {name: text.value for name, text in reader.texts(node, what).items()}
        return {name: value for name, value in found.items() if value}
    text = reader.text(node, what)
    if text is None or not text.value.strip():
        return {}
    try:
        return _parse(text.value)
    except LogQLError as error:
        _refuse(reader, text, error.message, error.span)
    return None


def _parse(text: str) -> dict[str, str]:
    query = parse_unvalidated(text, variables=False)
    if not isinstance(query, LogQuery) or query.stages:
        raise LogQLError('labels are written {name="value"}', text=text, span=Span(0, len(text)))
    found: dict[str, str] = {}
    for matcher in query.selector.matchers:
        if matcher.op != "=":
            message = f"a label has one value: {matcher.name}=, not {matcher.op}"
            raise LogQLError(message, text=text, span=matcher.span)
        if matcher.name in found:
            raise LogQLError(f"the label {matcher.name} is twice", text=text, span=matcher.span)
        found[matcher.name] = matcher.value
    # To Loki a label without a value is absent.
    return {name: value for name, value in found.items() if value}


def _refuse(reader: Reader, text: Text, message: str, span: Span) -> None:
    place, excerpt = text.at(span)
    hint = """labels are written '{app="shop", level="error"}'"""
    reader.report(Problem("labels", Severity.ERROR, place, message, hint, excerpt=excerpt))
