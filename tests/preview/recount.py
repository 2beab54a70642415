"""What each shipped panel of numbers has to show, counted in plain Python over the raw events.

Written down by hand from what the panels say of themselves (title and description), not from their
queries. A panel of bars, slices or rows is a number for each key; a key is a tuple of texts.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from tests.preview.sample import DAY, HOUR, Raw, raw

Key = tuple[str, ...]
Numbers = dict[Key, float]
Where = Callable[[Raw], bool]
Count = Callable[["Window"], Numbers]

_TECHNIQUE = re.compile(r"T\d{4}(\.\d{3})?")


@dataclass(frozen=True)
class Window:
    """``(start, end]`` in ns, and the moment ``at`` which panels with a window of their own ask.

    ``chosen`` are the values that the dashboard's variables have, by field; what is not in it is
    all. They speak of security events; what Falco says of itself has a node only. A namespace hides
    those of other namespaces, and none that has no namespace.
    """

    start: int
    end: int
    at: int
    chosen: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def events(self) -> list[Raw]:
        """The events of the window that are chosen."""
        found = raw()
        first = bisect_right(found, self.start, key=lambda one: one.time)
        last = bisect_right(found, self.end, key=lambda one: one.time)
        return [one for one in found[first:last] if self._is_chosen(one)]

    def span(self, start: int, end: int) -> Window:
        """The same choice at another time."""
        return replace(self, start=start, end=end)

    def _is_chosen(self, event: Raw) -> bool:
        fields = self.chosen if event.security else self.chosen.keys() & {"hostname"}
        if event["rule"] == "Test rule":
            return True
        return all(
            event[name] in self.chosen[name] or (name == NAMESPACE and not event[name])
            for name in fields
        )


def security(event: Raw) -> bool:
    return event.security


def heartbeat(event: Raw) -> bool:
    return event["rule"] == "Falco internal: metrics snapshot"


def drop(event: Raw) -> bool:
    return event["rule"] == "Falco internal: syscall event drop"


def audit(event: Raw) -> bool:
    return event.security and event["source"] == "k8s_audit"


def workload(event: Raw) -> bool:
    return event.security and event["k8s.ns.name"] != ""


def urgent(event: Raw) -> bool:
    return event.security and event["priority"] in ("Critical", "Alert", "Emergency")


def total(where: Where = security, *by: str, every: tuple[str, ...] = ()) -> Count:
    """Events by these fields; ``every`` are keys that are shown without events too."""

    def count(window: Window) -> Numbers:
        found = Counter(_key(e, by) for e in window.events() if where(e))
        return {**{(name,): 0.0 for name in every}, **dict(found)}

    return count


def before(where: Where = security) -> Count:
    """Events of the time before, as long as the window."""
    return lambda w: total(where)(w.span(2 * w.start - w.end, w.start))


def latest(where: Where = security, *by: str) -> Count:
    """The time (ms) of the last event."""
    return lambda w: {_key(e, by): float(e.time // 10**6) for e in w.events() if where(e)}


def distinct(where: Where, *by: str) -> Count:
    """How many different keys there are; nothing where there is none."""

    def count(window: Window) -> Numbers:
        found = {_key(e, by) for e in window.events() if where(e)}
        return {(): float(len(found))} if found else {}

    return count


def new(*by: str) -> Count:
    """Security events of keys that did not occur in the seven days before the window."""

    def count(window: Window) -> Numbers:
        known = total(security, *by)(window.span(window.start - 7 * DAY, window.start))
        found = total(security, *by)(window)
        return {key: number for key, number in found.items() if key not in known}

    return count


def watched(window: Window) -> Numbers:
    """Nodes with a heartbeat in the last three hours."""
    return distinct(heartbeat, "hostname")(window.span(window.at - 3 * HOUR, window.at))


def silent(window: Window) -> Numbers:
    """Nodes with heartbeats in the week before the last three hours, and none in these."""
    recent = window.span(window.at - 3 * HOUR, window.at)
    now = {e["hostname"] for e in recent.events() if heartbeat(e)}
    past = window.span(recent.start - 7 * DAY, recent.start).events()
    gone = {e["hostname"] for e in past if heartbeat(e)} - now
    return {(): float(len(gone))} if gone else {}


def by_tactic(window: Window) -> Numbers:
    """Events whose tags name a tactic, as ``mitre_...``; an event may name several."""
    found = Counter(
        name
        for event in window.events()
        if event.security
        for name in TACTICS
        if f"mitre_{name.lower().replace(' ', '_')}" in event["tags"].split(",")
    )
    return {(name,): float(found[name]) for name in TACTICS}


def by_technique(window: Window) -> Numbers:
    """Events by the first technique among their tags."""
    found: Counter[Key] = Counter()
    for event in window.events():
        if event.security:
            named = [m[0] for tag in event["tags"].split(",") if (m := _TECHNIQUE.match(tag))]
            if named:
                found[named[0],] += 1
    return dict(found)


def topmost(count: Count, most: int) -> Count:
    """The highest ``most`` of these numbers."""
    return lambda w: dict(sorted(count(w).items(), key=lambda pair: -pair[1])[:most])


def _key(event: Raw, by: tuple[str, ...]) -> Key:
    return tuple(event[name] for name in by)


PRIORITIES = (
    "Emergency",
    "Alert",
    "Critical",
    "Error",
    "Warning",
    "Notice",
    "Informational",
    "Debug",
)
TACTICS = (
    "Reconnaissance",
    "Resource Development",
    "Initial Access",
    "Execution",
    "Persistence",
    "Privilege Escalation",
    "Defense Evasion",
    "Credential Access",
    "Discovery",
    "Lateral Movement",
    "Collection",
    "Command and Control",
    "Exfiltration",
    "Impact",
)
NAMESPACE, POD = "k8s.ns.name", "k8s.pod.name"
IMAGE = "container.image.repository"

EVENTS = total()
NODES = {"Events": total(security, "hostname"), "Last event": latest(security, "hostname")}
BEATS = total(heartbeat, "hostname")

EXPECTED: Mapping[tuple[str, str], Count | Mapping[str, Count]] = {
    ("overview", "Events"): EVENTS,
    ("overview", "Events before"): before(),
    ("overview", "Critical and above"): total(urgent),
    ("overview", "Rules that fired"): distinct(security, "rule"),
    ("overview", "Silent nodes"): silent,
    ("overview", "Event drops"): total(drop),
    ("overview", "Events by priority"): total(security, "priority", every=PRIORITIES),
    ("overview", "Rules"): total(security, "rule", "priority"),
    ("overview", "New rules"): new("rule"),
    ("overview", "Nodes"): NODES | {"Heartbeats": BEATS},
    ("overview", "Namespaces"): total(workload, NAMESPACE),
    ("overview", "Rules by node"): total(security, "rule", "hostname"),
    ("rule", "Events"): EVENTS,
    ("rule", "Events before"): before(),
    ("rule", "Last event"): latest(),
    ("rule", "Nodes"): NODES,
    ("rule", "stat: Nodes"): distinct(security, "hostname"),
    ("rule", "Critical and above"): total(urgent),
    ("rule", "Rules that fired"): distinct(security, "rule"),
    ("rule", "Pods"): total(workload, NAMESPACE, POD),
    ("rule", "Processes"): total(security, "rule", "proc.pname", "proc.name"),
    ("rule", "Images"): total(security, IMAGE),
    ("node", "Events"): EVENTS,
    ("node", "Critical and above"): total(urgent),
    ("node", "Last event"): latest(),
    ("node", "Last heartbeat"): latest(heartbeat),
    ("node", "Silent nodes"): silent,
    ("node", "Event drops"): total(drop),
    ("node", "Events by priority"): total(security, "priority", every=PRIORITIES),
    ("node", "Rules"): {
        "Events": total(security, "rule"),
        "Last event": latest(security, "rule"),
    },
    ("node", "Pods"): total(workload, NAMESPACE, POD),
    ("node", "New on this node"): new("rule", "hostname"),
    ("workload", "Events"): total(workload),
    ("workload", "Critical and above"): total(lambda e: workload(e) and urgent(e)),
    ("workload", "Pods with events"): distinct(
        lambda e: e.security and bool(e[POD]), NAMESPACE, POD
    ),
    ("workload", "Last event"): latest(workload),
    ("workload", "Namespaces"): total(workload, NAMESPACE),
    ("workload", "Pods"): total(workload, NAMESPACE, POD, "rule"),
    ("workload", "Rules by namespace"): total(workload, "rule", NAMESPACE),
    ("workload", "Images"): total(workload, IMAGE, "rule"),
    ("workload", "Users"): total(workload, "user.name"),
    ("audit", "Audit events"): total(audit),
    ("audit", "Critical and above"): total(lambda e: audit(e) and urgent(e)),
    ("audit", "Anonymous requests allowed"): total(
        lambda e: e["rule"] == "Anonymous Request Allowed"
    ),
    ("audit", "Last audit event"): latest(audit),
    ("audit", "Rules"): total(audit, "rule", "priority"),
    ("audit", "Verbs and resources"): total(audit, "ka.verb", "ka.target.resource"),
    ("audit", "Users"): total(audit, "ka.user.name"),
    ("audit", "Namespaces"): total(audit, "ka.target.namespace"),
    ("audit", "Responses"): total(audit, "ka.response.code"),
    ("mitre", "Events by tactic"): by_tactic,
    ("mitre", "Events by technique"): by_technique,
    ("mitre", "Rules and their tags"): total(security, "rule", "tags"),
    ("mitre", "Nodes"): total(security, "hostname", "tags"),
    ("noise", "Rules that fire most"): total(security, "rule"),
    ("noise", "Events"): EVENTS,
    ("noise", "Rules that fired"): distinct(security, "rule"),
    ("noise", "Rules by namespace and pod"): total(workload, "rule", NAMESPACE, POD),
    ("noise", "Events before"): before(),
    ("noise", "Share of each rule"): total(security, "rule"),
    ("noise", "Nodes"): total(security, "hostname"),
    ("noise", "stat: Nodes"): distinct(security, "hostname"),
    ("noise", "Groups to write an exception for"): total(
        security, "rule", "proc.name", "proc.pname", IMAGE, NAMESPACE
    ),
    ("noise", "Commands"): topmost(total(security, "rule", "proc.cmdline"), 20),
    ("noise", "Rules by process"): total(security, "rule", "proc.name"),
    ("pipeline", "Watched nodes"): watched,
    ("pipeline", "Silent nodes"): silent,
    ("pipeline", "Last heartbeat"): latest(heartbeat),
    ("pipeline", "Last event"): latest(),
    ("pipeline", "Event drops"): total(drop),
    ("pipeline", "Test events"): total(lambda e: e["rule"] == "Test rule"),
    ("pipeline", "Nodes"): {
        "Heartbeats": BEATS,
        "Last heartbeat": latest(heartbeat, "hostname"),
        "Last event": latest(security, "hostname"),
    },
    ("pipeline", "Versions of Falco"): total(heartbeat, "hostname", "falco.version"),
    ("pipeline", "Rule sets"): total(
        heartbeat, "hostname", "falco.sha256_rules_file.falco_rules_yaml"
    ),
    ("events", "Events"): EVENTS,
}
"""By the dashboard's uid (without the project's prefix) and the panel's title.

Columns of a table apart where it has several.
"""
