"""Falco's metrics snapshots (userspace/falco/stats_writer.cpp): one an hour by node and source.

Their counters agree with the events: ``falco.rules.*`` count what the sample's Falco has written
since it was started, a few minutes before the sample begins.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from toolkit.falco.jsontext import JSONValue
from toolkit.falco.kinds import HEARTBEAT_RULE
from toolkit.falco.priority import Priority
from toolkit.falco.sample.chance import hexadecimal, number
from toolkit.falco.sample.cluster import SampleNode
from toolkit.falco.sample.lines import internal_format
from toolkit.falco.timestamps import DAY, MINUTE, SECOND

OUTPUT = "Falco metrics snapshot"
_KERNEL = "6.8.0-86-generic"


@dataclass(slots=True)
class Falco:
    """One running Falco, as its metrics see it. ``source`` is what it listens to."""

    node: SampleNode
    source: str
    seed: int
    started: int
    matches: Counter[str] = field(default_factory=Counter)
    missed: int = 0
    _before: int = 0
    _missed_before: int = 0
    _snapshot: int = 0

    @classmethod
    def start(cls, node: SampleNode, source: str, seed: int, moment: int) -> Falco:
        """A Falco that was started shortly before ``moment``."""
        minutes = number(2, 50, seed, node.name, source, "started")
        started = moment - minutes * MINUTE
        return cls(node, source, seed, started, _snapshot=started)

    def heartbeat_format(self, moment: int) -> str:
        """The line of the snapshot at that moment, for ``iso`` and ``ns``."""
        pace = number(700, 4200, self.seed, self.node.name, self.source, "pace")
        if self.source != "syscall":
            pace //= 300
        events = pace * ((moment - self.started) // SECOND)
        events += number(0, pace * 60, self.seed, self.node.name, moment)
        elapsed = max(1, (moment - self._snapshot) // SECOND)
        fields = self._wrapper_fields(moment) | self._rule_fields()
        fields["falco.num_evts"] = events
        fields["falco.num_evts_prev"] = self._before
        fields["falco.evts_rate_sec"] = _tenths(events - self._before, elapsed)
        if self.source == "syscall":
            seen = max(1, events - self._before)
            drops = self.missed - self._missed_before
            fields |= {
                "scap.evts_drop_rate_sec": _tenths(drops, elapsed),
                "scap.evts_rate_sec": _tenths(events - self._before, elapsed),
                "scap.n_drops": self.missed,
                "scap.n_drops_perc": 100.0 * drops / seen,
                "scap.n_drops_prev": self._missed_before,
                "scap.n_evts": events,
                "scap.n_evts_prev": self._before,
            }
        self._before, self._missed_before, self._snapshot = events, self.missed, moment
        return internal_format(self.node, HEARTBEAT_RULE, Priority.INFORMATIONAL, OUTPUT, fields)

    def _wrapper_fields(self, moment: int) -> dict[str, JSONValue]:
        node, engine = self.node, "modern_bpf" if self.source == "syscall" else "source_plugin"
        rules = "falco_rules_yaml" if self.source == "syscall" else "k8s_audit_rules_yaml"
        return {
            "evt.hostname": node.name,
            "evt.source": self.source,
            "evt.time": "{ns}",
            "falco.duration_sec": (moment - self.started) // SECOND,
            "falco.host_boot_ts": self.started // DAY * DAY - 9 * DAY,
            "falco.host_num_cpus": node.cpus,
            "falco.kernel_release": _KERNEL,
            "falco.outputs_queue_num_drops": 0,
            "falco.reload_ts": self.started + 1_204_551,
            "falco.sha256_config_file.falco_yaml": hexadecimal(64, node.falco, "falco.yaml"),
            f"falco.sha256_rules_file.{rules}": hexadecimal(64, node.falco, rules),
            "falco.start_ts": self.started,
            "falco.version": node.falco,
            "scap.engine_name": engine,
        }

    def _rule_fields(self) -> dict[str, JSONValue]:
        fields: dict[str, JSONValue] = {
            f"falco.rules.{_metric_name(rule)}": matches for rule, matches in self.matches.items()
        }
        return fields | {"falco.rules.matches_total": self.matches.total()}


def _metric_name(rule: str) -> str:
    """A rule's name as part of a field's name (userspace/falco/falco_utils.cpp)."""
    return re.sub(r"[^a-zA-Z0-9_:]+", "_", rule).strip("_")


def _tenths(amount: int, seconds: int) -> float:
    """A rate rounded to one decimal; exact, so that it prints the same everywhere."""
    return (amount * 10 + seconds // 2) // seconds / 10
