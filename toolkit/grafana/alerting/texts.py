"""The words and links of an alert rule in the template languages of Grafana and of Loki's ruler.

Both are Go templates with ``$labels``; the value is ``$value`` to the ruler and the answer of the
reducing step to Grafana. A label that a series lacks shows as ``(none)``, not as ``[no value]``.

Grafana fills the texts in while a rule is quiet too, when there are neither labels nor values; what
fails then fills its log at every evaluation. So nothing here is used without asking for it first.
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote

from toolkit.catalog import label_of
from toolkit.grafana.alerting.asking import drilled
from toolkit.grafana.alerting.model import AlertRule
from toolkit.grafana.alerting.wording import filled, placeholders
from toolkit.grafana.context import Context
from toolkit.grafana.explore import explore_path
from toolkit.grafana.query import lines
from toolkit.logql.ast import Matcher

Output = Literal["grafana", "ruler"]

_VALUE: dict[Output, str] = {
    "grafana": "{{ with $values.B }}{{ humanize .Value }}{{ else }}0{{ end }}",
    "ruler": "{{ humanize $value }}",
}
_HERE = '{{ reReplaceAll "/$" "" externalURL }}'
"""The address of Grafana, or what the ruler was told; both with and without a closing slash."""

_VARIABLES = {"rule": "rule", "hostname": "node", "k8s.ns.name": "namespace"}
"""The dashboards' variable for each field."""

_LOOK_BACK = "now-24h"
"""Before the click: neither template language knows what time it is. Within a day there still is in
the morning what woke somebody at night."""

_PROBE = "falcotoolkitlabel{}end"


def templated(text: str, output: Output) -> str:
    """``text`` with ``{field}`` and ``{value}`` as templates."""
    values = {name: _label(label_of(name)) for name in placeholders(text)}
    return filled(text, values | {"value": _VALUE[output]})


def _label(label: str) -> str:
    return f"{{{{ with $labels.{label} }}}}{{{{ . }}}}{{{{ else }}}}(none){{{{ end }}}}"


def explore_link(rule: AlertRule, context: Context) -> str:
    """The address in Explore of the very lines that made the rule fire, as a template.

    Of a rule that asks Prometheus it is that of its expression, "" where no data source is named.

    Label values come in when the rule fires, so their places are kept while the rest is encoded.
    """
    if rule.prometheus:
        uid = context.prometheus or ""
        path = explore_path(
            rule.prometheus, uid, context.version, start=_LOOK_BACK, source="prometheus"
        )
        return _HERE + path if uid else ""
    fields = drilled(rule, context)
    probes = [_PROBE.format(place) for place in range(len(fields))]
    matchers = [Matcher(name, "=", probe) for (name, _), probe in zip(fields, probes, strict=True)]
    narrowed = lines(rule.explorer, filters=()).narrowed(*rule.where, *matchers)
    path = explore_path(
        context.expression(narrowed), context.datasource.uid, context.version, start=_LOOK_BACK
    )
    for (_, label), probe in zip(fields, probes, strict=True):
        path = path.replace(quote(probe), _quoted(label))
    return _HERE + path


def dashboard_link(rule: AlertRule, context: Context) -> str:
    """The address of the rule's dashboard with what fired chosen in it, as a template."""
    chosen = [] if rule.prometheus else drilled(rule, context)
    query = "".join(
        f"{{{{ with $labels.{label} }}}}&var-{_VARIABLES[name]}={{{{ urlquery . }}}}{{{{ end }}}}"
        for name, label in chosen
        if name in _VARIABLES
    )
    return f"{_HERE}/d/{rule.dashboard}?orgId=1{query}"


def _quoted(label: str) -> str:
    """A label's value inside a LogQL string inside JSON inside an address.

    A quote or backslash gets one backslash for LogQL, and both get one more each for JSON.
    """
    escaped = 'reReplaceAll `(["\\\\])` `\\\\\\$1` . | urlquery'
    return f"{{{{ with $labels.{label} }}}}{{{{ {escaped} }}}}{{{{ end }}}}"
