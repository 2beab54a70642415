"""Expressions of rules that ask Prometheus."""

from __future__ import annotations

from collections.abc import Iterable

from toolkit.catalog import label_of
from toolkit.errors import PromQLError
from toolkit.grafana.alerting.wording import placeholders
from toolkit.promql import parse
from toolkit.promql.kept import kept


def check_expression(title: str, expression: str, texts: Iterable[str]) -> None:
    """Raises :class:`PromQLError` for an expression of the rule ``title`` that does not parse.

    Raises ``ValueError`` for a text that names a label which the expression does not keep: the
    notification would show nothing there.
    """
    try:
        found = kept(parse(expression))
    except PromQLError as error:
        raise PromQLError(f"{title}: {error.show()}", hint=error.hint) from None
    for text in texts:
        for name in placeholders(text):
            if not found.may_have(label_of(name)):
                keeps = ", ".join(sorted(found.names or ())) or "no label"
                raise ValueError(
                    f"alert rule {title!r} says {{{name}}}, but its expression keeps {keeps} only"
                )
