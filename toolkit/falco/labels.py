"""Label dialects: how an event looks in Loki, and what can be asked of it there.

Which labels a stream has depends on who wrote it: Falcosidekick's version, its ``customfields`` and
``loki.extralabels``, its ``loki.format``, or a collector that scraped Falco's standard output. One
:class:`LabelSchema` names one such dialect, writes entries in it and says where a field is found.

The order in which Falcosidekick assigns labels (outputs/loki.go) matters: custom fields come after
``rule``, ``source`` and ``priority`` and replace them, ``hostname`` and ``tags`` come last.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Literal

from toolkit.errors import SettingsError
from toolkit.falco import sidekick
from toolkit.falco.event import FalcoEvent, to_json
from toolkit.falco.jsontext import replace_bytes
from toolkit.falco.selectors import PICKS, EventSelector, Matcher, Pick
from toolkit.falco.sidekick import Payload, Version
from toolkit.falco.timestamps import SECOND

NODE = "hostname"
NAMESPACE = "k8s.ns.name"
POD = "k8s.pod.name"

_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_TOP_LEVEL = ("rule", "priority", "source", NODE, "tags", "time", "output", "uuid")
# Falcosidekick makes labels of texts only, and these fields are numbers.
_NUMBERS = frozenset(
    {
        "container.start_ts",
        "evt.num",
        "evt.time",
        "evt.time.iso8601",
        "fd.lport",
        "fd.num",
        "fd.rport",
        "group.gid",
        "proc.pid",
        "proc.ppid",
        "proc.tty",
        "user.loginuid",
        "user.uid",
    }
)
_FALCO_LINE = '|= "\\"output_fields\\":"'

LineFormat = Literal["text", "json"]


class Writer(StrEnum):
    """Who brings the events into Loki."""

    FALCOSIDEKICK = "falcosidekick"
    STDOUT = "stdout"
    """A collector that scrapes Falco's standard output (``json_output: true``)."""


class Where(StrEnum):
    """Where a field of an event is found."""

    LABEL = "label"
    LINE = "line"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Access:
    """How to get at a field in LogQL.

    ``name`` is the label to group or filter by, once ``stages`` (empty for a stream label) stand in
    the pipeline. ``setting`` says what has to be set where the field is absent; it is empty
    otherwise.
    """

    where: Where
    name: str = ""
    expression: str = ""
    setting: str = ""

    @property
    def stages(self) -> str:
        """The pipeline stage that brings the label from the line: ``| json name="expression"``."""
        if self.where is not Where.LINE:
            return ""
        quoted = self.expression.replace("\\", "\\\\").replace('"', '\\"')
        return f'| json {self.name}="{quoted}"'


@dataclass(frozen=True, slots=True)
class LabelSchema:
    """One label dialect.

    ``custom_fields`` and ``custom_tags`` are Falcosidekick's ``customfields`` and ``customtags``,
    ``extra_labels`` its ``loki.extralabels`` (names of output fields). ``stream_labels`` are what a
    collector sets on every line of Falco's standard output, ``node_label`` the label in which it
    puts the node's name, empty for none. Raises SettingsError for names that Loki refuses.
    """

    writer: Writer = Writer.FALCOSIDEKICK
    version: Version = sidekick.CURRENT
    line_format: LineFormat = "text"
    custom_fields: tuple[tuple[str, str], ...] = ()
    extra_labels: tuple[str, ...] = ()
    custom_tags: tuple[str, ...] = ()
    stream_labels: tuple[tuple[str, str], ...] = (("container", "falco"), ("namespace", "falco"))
    node_label: str = "node_name"
    _custom: dict[str, str] = field(init=False, repr=False, compare=False)
    # Label names of the custom fields and extra labels, by output field.
    _names: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        custom = dict(self.custom_fields)
        names = {name: self.label_name(name) for name in (*custom, *self.extra_labels)}
        for name, label in names.items():
            if not _LABEL_NAME.fullmatch(label):
                raise SettingsError(
                    f"{name} gives the label {label}, which Loki refuses", setting=name
                )
        if self.line_format == "json" and not self._may_write_json:
            raise SettingsError(
                "loki.format: json needs Falcosidekick 2.31 or later", setting="loki.format"
            )
        object.__setattr__(self, "_custom", custom)
        object.__setattr__(self, "_names", names)

    @property
    def _may_write_json(self) -> bool:
        return self.writer is Writer.STDOUT or self.version >= sidekick.POD_LABELS

    @property
    def _lines_are_json(self) -> bool:
        return self.writer is Writer.STDOUT or self.line_format == "json"

    @property
    def problem(self) -> str | None:
        """Why no event reaches Loki with these settings; None where events do."""
        if self.writer is Writer.STDOUT:
            return None
        return sidekick.startup_problem(self.version, self._custom)

    def refusal(self, event: FalcoEvent) -> str | None:
        """Why the event would not have reached Loki in this dialect; None where it would."""
        if self.writer is Writer.STDOUT:
            return None
        return sidekick.refusal(event, self.version, self._custom)

    def label_name(self, name: str) -> str:
        """The label that an output field of that name becomes, if it becomes one."""
        dot = "_" if self.version >= sidekick.POD_LABELS else ""
        return name.replace(".", dot).replace("[", "").replace("]", "")

    def entry(self, event: FalcoEvent) -> tuple[dict[str, str], int, str]:
        """Labels, time (ns) and line under which Loki keeps the event.

        Labels without a value are left out, as Loki does. An event that :meth:`refusal` speaks of
        gets the entry that it would have had.
        """
        if self.writer is Writer.STDOUT:
            return self.labels(event), event.time, to_json(event)
        made = sidekick.payload(event, self.version, self._custom, self.custom_tags)
        if self.line_format == "json":
            line = sidekick.json_line(event, made)
        else:
            line = sidekick.text_line(made)
        time = event.time
        if self.version < sidekick.NANOSECONDS:
            time -= time % SECOND
        return self._labels(event, made), time, line

    def labels(self, event: FalcoEvent) -> dict[str, str]:
        """The labels of that entry alone."""
        if self.writer is not Writer.STDOUT:
            made = sidekick.payload(event, self.version, self._custom, self.custom_tags)
            return self._labels(event, made)
        labels = dict(self.stream_labels)
        if self.node_label and event.hostname is not None:
            labels[self.node_label] = event.hostname
        return labels

    def _labels(self, event: FalcoEvent, made: Payload) -> dict[str, str]:
        version, fields = self.version, made.output_fields
        labels = {"rule": event.rule, "priority": event.priority.label}
        if version >= sidekick.TAGS_AND_SOURCE:
            labels["source"] = made.source
        if version >= sidekick.POD_LABELS:
            _set_text(labels, "k8s_ns_name", fields.get(NAMESPACE))
            _set_text(labels, "k8s_pod_name", fields.get(POD))
        if version < sidekick.FEW_LABELS:
            # Loki refuses a label given twice; what Falcosidekick adds itself is kept here.
            for name, value in fields.items():
                label = self.label_name(name)
                if label and label not in labels and isinstance(value, str):
                    labels[label] = _label_value(value)
        else:
            for name, label in self._names.items():
                value = fields.get(name)
                if isinstance(value, str):
                    labels[label] = _label_value(value)
        if version >= sidekick.NANOSECONDS and event.hostname is not None:
            labels[NODE] = event.hostname
        if made.tags and version >= sidekick.TAGS_AND_SOURCE:
            labels["tags"] = ",".join(made.tags)
        return labels if "" not in labels.values() else {k: v for k, v in labels.items() if v}

    def label_for(self, name: str) -> str | None:
        """The stream label that holds a field, by Falco's name for it; None where there is none.

        ``rule``, ``priority``, ``source``, ``tags``, ``hostname`` (the node) and output fields such
        as ``k8s.ns.name`` can be asked for.
        """
        access = self.access(name)
        return access.name if access.where is Where.LABEL else None

    def has(self, name: str) -> bool:
        """Whether a field can be asked for at all, from a label or from the line."""
        return self.access(name).where is not Where.ABSENT

    def access(self, name: str) -> Access:
        """Where a field is found, and how; or which setting brings it."""
        label = self._label_for(name)
        if label is not None:
            return Access(Where.LABEL, label)
        if not self._lines_are_json:
            return Access(Where.ABSENT, setting=self._setting_for(name))
        if name in _TOP_LEVEL:
            # A stream label of the same name would be met as <name>_extracted.
            taken = name == "source" and self.writer is Writer.FALCOSIDEKICK
            return Access(Where.LINE, "falco_source" if taken else name, name)
        extracted = re.sub(r"[^a-zA-Z0-9_]", "_", name.replace("]", ""))
        if extracted[:1].isdigit():
            extracted = f"_{extracted}"
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return Access(Where.LINE, extracted, f'output_fields["{escaped}"]')

    def _label_for(self, name: str) -> str | None:
        if self.writer is Writer.STDOUT:
            return self.node_label or None if name == NODE else None
        version = self.version
        if name in ("rule", "priority"):
            return name
        if name in ("source", "tags"):
            kept = version >= sidekick.TAGS_AND_SOURCE and name not in self._overwritten
            return name if kept else None
        if name == NODE:
            return NODE if version >= sidekick.NANOSECONDS else None
        if name in _TOP_LEVEL or name in _NUMBERS:
            return None
        if version < sidekick.FEW_LABELS or name in self._names:
            return self.label_name(name) or None
        if name in (NAMESPACE, POD) and version >= sidekick.POD_LABELS:
            return self.label_name(name)
        return None

    @property
    def _overwritten(self) -> frozenset[str]:
        """Falcosidekick's own labels that a custom field or extra label replaces."""
        return frozenset(self._names.values()) - {NODE, "tags"}

    def _setting_for(self, name: str) -> str:
        upgrade = "Falcosidekick 2.31 or later and its setting loki.format: json"
        if self._may_write_json:
            upgrade = "Falcosidekick's setting loki.format: json"
        if name == "source" and "source" in self._overwritten:
            return f"{upgrade}; the label source holds a constant of customfields instead"
        if name in ("source", "tags"):
            return "Falcosidekick 2.25 or later"
        if name == NODE:
            return "Falcosidekick 2.27 or later, and Falco 0.33 or later"
        if name in _TOP_LEVEL:
            return upgrade
        if name in _NUMBERS or self.version < sidekick.FEW_LABELS:
            return upgrade
        return f"{upgrade}, or {name} in loki.extralabels where it is a text"

    def selector(self, pick: Pick = Pick.ALL) -> EventSelector:
        """The selector of Falco's events in this dialect: all of them, or one kind.

        Where Falcosidekick sets no constant label, streams with both ``rule`` and ``priority`` are
        Falco's: Falco Talon sets ``rule`` alone, journals ``priority`` alone.
        """
        if self.writer is Writer.STDOUT:
            matchers = tuple(Matcher(name, "=", value) for name, value in self.stream_labels)
            filters = PICKS[pick] or (Matcher("rule", "!=", ""),)
            stages = " | ".join([f'{_FALCO_LINE} | json rule="rule"', *map(str, filters)])
            return EventSelector(matchers, stages)
        if self.custom_fields:
            # The constant that says most is one: source=falco where it is among them.
            name = "source" if "source" in self._custom else self.custom_fields[0][0]
            constant = self._custom[name].replace('"', "")
            matchers = (Matcher(self.label_name(name), "=", constant),)
        else:
            matchers = (Matcher("priority", "=~", ".+"), Matcher("rule", "=~", ".+"))
        return EventSelector(matchers + PICKS[pick])


def _label_value(value: str) -> str:
    # A value that Falcosidekick cut within a character reaches Loki with U+FFFD there.
    return replace_bytes(value.replace('"', ""))


def _set_text(labels: dict[str, str], label: str, value: object) -> None:
    if isinstance(value, str):
        labels[label] = value


CURRENT = LabelSchema()
"""The current Falcosidekick as its Helm chart sets it up: text lines, no custom fields."""
SOURCE_FALCO = LabelSchema(custom_fields=(("source", "falco"),))
"""The labels of outputs/loki.go with ``customfields: source:falco``, in text format.

From the source alone: a Falcosidekick of 2.29 or later does not start with that custom field
(:attr:`LabelSchema.problem`), one of 2.27 or 2.28 does and has no labels for namespace and pod.
"""
STDOUT = LabelSchema(writer=Writer.STDOUT, line_format="json")
"""Falco's standard output, scraped from its container."""
DEFAULT = SOURCE_FALCO


@lru_cache(maxsize=1)
def dialects() -> Mapping[str, LabelSchema]:
    """The dialects by the names that settings use."""
    source_falco = SOURCE_FALCO.custom_fields
    return {
        "falcosidekick": CURRENT,
        "falcosidekick-json": LabelSchema(line_format="json"),
        "source-falco": SOURCE_FALCO,
        "source-falco-json": LabelSchema(custom_fields=source_falco, line_format="json"),
        "falcosidekick-2.26-2.30": LabelSchema(version=(2, 30)),
        "source-falco-2.27-2.28": LabelSchema(version=(2, 28), custom_fields=source_falco),
        "falcosidekick-2.25": LabelSchema(version=(2, 25)),
        "source-falco-2.24": LabelSchema(version=(2, 24), custom_fields=source_falco),
        "stdout": STDOUT,
    }
