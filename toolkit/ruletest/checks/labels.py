"""Labels in templates and labels of the rule, against those that the query keeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from toolkit.errors import Span
from toolkit.logql import ast
from toolkit.logql.labelnames import Kept
from toolkit.logql.template import TemplateSyntaxError
from toolkit.ruletest.checks.base import Checked
from toolkit.ruletest.expansion import check_template
from toolkit.ruletest.places import Text
from toolkit.ruletest.problems import Problem, did_you_mean
from toolkit.ruletest.templateuse import Use, label_uses, uses_value

CODES: Final = ("label-not-kept", "label-overridden", "value-in-label")


def check(checked: Checked[Any]) -> Iterator[Problem]:
    """Labels that are not there, that are covered, and that change with every evaluation."""
    if not checked.is_alert or isinstance(checked.expr, ast.LogQuery):
        return
    found = checked.labels
    for what, texts in (("label", checked.rule.labels), ("annotation", checked.rule.annotations)):
        for name, text in texts.items():
            yield from _uses(checked, f"{what} {name}", text, found)
    for name, text in checked.rule.labels.items():
        yield from _own_label(checked, name, text, found)


def _uses(checked: Checked[Any], what: str, text: Text, found: Kept) -> Iterator[Problem]:
    for use in _label_uses(text, checked.rule.name.value):
        if use.guarded or found.may_have(use.name):
            continue
        yield checked.warning(
            "label-not-kept",
            f"{what} shows $labels.{use.name}, which the query does not keep: it is empty",
            _hint(checked, use.name, found),
            text=text,
            span=Span(use.start, use.end),
        )


def _label_uses(text: Text, alert: str) -> tuple[Use, ...]:
    try:
        return label_uses(check_template(text.value, alert))
    except TemplateSyntaxError:
        return ()


def _hint(checked: Checked[Any], name: str, found: Kept) -> str:
    if name in checked.rule.labels or name == "alertname":
        return "$labels are the query's; what the rule adds is not among them"
    close = did_you_mean(name, found.names or ())
    if close.startswith("did you mean"):
        return close
    return f"keep it: sum by ({', '.join(sorted({*(found.names or ()), name}))}) (...)"


def _own_label(checked: Checked[Any], name: str, text: Text, found: Kept) -> Iterator[Problem]:
    if name == "alertname":
        yield checked.warning(
            "label-overridden", "alertname is the rule's name, whatever is said here", text=text
        )
        return
    uses = _label_uses(text, checked.rule.name.value)
    if found.names is not None and name in found.names and not any(u.name == name for u in uses):
        yield checked.warning(
            "label-overridden",
            f"the label {name} covers that of the query: series that differ in it alone make the"
            " rule fail",
            "give it another name, or leave it out of the grouping",
            text=text,
        )
    try:
        changing = uses_value(check_template(text.value, checked.rule.name.value))
    except TemplateSyntaxError:
        return
    if changing:
        after = " and is never pending for long enough" if checked.rule.pending else ""
        yield checked.warning(
            "value-in-label",
            f"the label {name} changes with the value, so each value is an alert of its own{after}",
            "values belong into annotations",
            text=text,
        )
