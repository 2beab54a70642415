"""The words of an alert rule in the template languages of Grafana and of Loki's ruler.

Both are Go templates with ``$labels``; the value is ``$value`` to the ruler and the answer of the
reducing step to Grafana. A label that a series lacks shows as nothing, not as ``[no value]``.
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote

from toolkit.catalog import label_of
from toolkit.grafana.alerting.model import AlertRule, filled, placeholders
from toolkit.grafana.context import Context
from toolkit.grafana.explore import explore_path
from toolkit.grafana.query import lines
from toolkit.logql.ast import Matcher

Output = Literal["grafana", "ruler"]

EXPLORER = "event_explorer"
"""The named log query that the link to the lines opens."""

_VALUE: dict[Output, str] = {
    "grafana": "{{ humanize $values.B.Value }}",
    "ruler": "{{ humanize $value }}",
}
_PROBE = "falcotoolkitlabel{}end"


def templated(text: str, output: Output, context: Context) -> str:
    """``text`` with ``{field}`` and ``{value}`` as templates."""
    values = {name: _label(label_of(name)) for name in placeholders(text)}
    return filled(text, values | {"value": _VALUE[output]})


def _label(label: str) -> str:
    return f"{{{{ with $labels.{label} }}}}{{{{ . }}}}{{{{ else }}}}(none){{{{ end }}}}"


def explore_link(rule: AlertRule, context: Context) -> str:
    """The address in Explore of the very lines that made the rule fire, as a template.

    Label values come in when the rule fires, so their places are kept while the rest is encoded.
    """
    probes = {_PROBE.format(place): name for place, name in enumerate(rule.drill)}
    known = [(probe, name) for probe, name in probes.items() if context.schema.has(name)]
    narrowed = lines(EXPLORER, filters=()).narrowed(
        *rule.where, *(Matcher(name, "=", probe) for probe, name in known)
    )
    path = explore_path(
        context.expression(narrowed), context.datasource.uid, context.version, start="now-6h"
    )
    for probe, name in known:
        path = path.replace(quote(probe), f"{{{{ $labels.{label_of(name)} | urlquery }}}}")
    # Grafana's own address ends with a slash, a ruler's external_url need not.
    return '{{ reReplaceAll "/$" "" externalURL }}' + path
