"""The templates in labels and annotations, expanded as the ruler expands them.

Before a template the ruler puts the definitions of ``$labels``, ``$externalLabels``,
``$externalURL`` and ``$value``, so the columns in error texts count them too. A template that fails
yields its error as the text (prometheus/prometheus rules/alerting.go, template/template.go).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final

from toolkit.engine.template import Function, Struct, Template, TemplateError, compile_text
from toolkit.errors import Span
from toolkit.logql import template as syntax
from toolkit.logql.template import BUILTINS, TemplateSyntaxError
from toolkit.ruletest.functions import NAMES, Ask, functions
from toolkit.ruletest.problems import did_you_mean

_DEFINITIONS: Final = (
    "{{$labels := .Labels}}",
    "{{$externalLabels := .ExternalLabels}}",
    "{{$externalURL := .ExternalURL}}",
    "{{$value := .Value}}",
)
# When Loki checks a rule it does not define $externalURL, so a template with it is refused
# (grafana/loki pkg/ruler/compat.go, testTemplateParsing).
_CHECKED: Final = tuple(one for one in _DEFINITIONS if "URL" not in one)
CHECKED_LENGTH: Final = sum(map(len, _CHECKED))
"""By how much positions in a tree of :func:`check_template` are behind those in the text."""
_ROOT: Final = (
    "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string;"
    " Value interface {} }"
)
KNOWN_FUNCTIONS: Final = BUILTINS | NAMES


def check_template(text: str, alert: str) -> syntax.Template:
    """The tree of a template, without the definitions before it.

    Positions in it count the definitions (:data:`CHECKED_LENGTH`).

    Raises :class:`TemplateSyntaxError` with Go's text and the span in ``text``.
    """
    prefix = "".join(_CHECKED)
    try:
        tree = syntax.parse(prefix + text, name=f"__alert_{alert}", functions=KNOWN_FUNCTIONS)
    except TemplateSyntaxError as error:
        span = Span(*(max(0, end - len(prefix)) for end in (error.span.start, error.span.end)))
        raise TemplateSyntaxError(error.message, text=text, span=span) from None
    return replace(tree, root=tree.root[len(_CHECKED) :])


def template_hint(message: str) -> str:
    """What to do about a template that does not parse, where that is plain."""
    variable = re.search(r'undefined variable "(\$\w+)"', message)
    if variable is not None:
        return _VARIABLE_HINTS.get(
            variable[1], "there are $labels, $value and $externalLabels, and what := defines"
        )
    function = re.search(r'function "(\w+)" not defined', message)
    if function is None:
        return ""
    name = function[1]
    return _FUNCTION_HINTS.get(name.lower()) or did_you_mean(name, KNOWN_FUNCTIONS)


_VARIABLE_HINTS: Final = {
    "$externalURL": "Loki's check of a rule does not know $externalURL: write {{ externalURL }}",
    "$values": "$values is Grafana's; the ruler has one value: {{ $value }}",
    "$label": "did you mean $labels?",
}
_FUNCTION_HINTS: Final = {
    "lower": "did you mean toLower?",
    "upper": "did you mean toUpper?",
    "urlencode": "did you mean urlquery?",
    "urlqueryescape": "did you mean urlquery?",
    "default": 'write {{ or $labels.x "none" }}',
    "regexreplaceall": "did you mean reReplaceAll?",
    "replace": "did you mean reReplaceAll?",
}


class Expander:
    """Expands the templates of rules; ``ask`` answers their queries."""

    def __init__(self, ask: Ask, external_labels: Mapping[str, str], external_url: str) -> None:
        self._functions: Mapping[str, Function] = functions(ask, external_url)
        self._external = {"ExternalLabels": dict(external_labels), "ExternalURL": external_url}
        self._compiled: Callable[[str, str], Template] = lru_cache(maxsize=None)(self._compile)

    def _compile(self, alert: str, text: str) -> Template:
        whole = "".join(_DEFINITIONS) + text
        return compile_text(whole, name=f"__alert_{alert}", functions=self._functions)

    def expand(
        self, alert: str, text: str, labels: Mapping[str, str], value: float, time: int
    ) -> str:
        """``text`` for one sample at ``time`` (ns)."""
        if "{{" not in text:
            return text
        root = Struct(_ROOT, {"Labels": dict(labels), **self._external, "Value": value})
        name = f"__alert_{alert}"
        try:
            return self._compiled(alert, text).render(root, timestamp_ns=time)
        except TemplateSyntaxError as error:
            return f"<error expanding template: error parsing template {name}: {error.message}>"
        except TemplateError as error:
            return f"<error expanding template: error executing template {name}: {error.message}>"
