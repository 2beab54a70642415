"""Accepted noise: what a team has decided to live with, until a day.

The file says rule, workload (with namespace or node), reason, owner and the last day. Events that
an entry takes are counted apart and never dropped. An entry whose last day lies before a period's
last day has expired: all of the period counts again, and the entry is listed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import yaml

from toolkit.analysis.counts import EVENTS
from toolkit.analysis.periods import Period
from toolkit.analysis.trends import sums
from toolkit.errors import DefinitionError

WHERE = ("namespace", "workload", "node")
"""Keys of an entry, and the columns of a counts frame that they speak of."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """One decision. Names None take any value; ``line`` is its place in the file."""

    rule: str
    namespace: str | None
    workload: str | None
    node: str | None
    reason: str
    expires: date
    owner: str
    line: int

    def active(self, period: Period) -> bool:
        """Whether it holds to the period's last day. One that ends within takes nothing of it."""
        return self.expires >= period.until - timedelta(days=1)

    def takes(self, names: Mapping[str, str | None]) -> bool:
        """Whether events with these values of rule, namespace, workload and node are meant."""
        if names["rule"] != self.rule:
            return False
        for key in WHERE:
            wanted, value = getattr(self, key), names[key]
            if wanted is not None and (value is None or not fnmatchcase(value, wanted)):
                return False
        return True

    def __str__(self) -> str:
        where = [f"{key} {value}" for key in WHERE if (value := getattr(self, key)) is not None]
        return f"{self.rule} ({', '.join(where)})"


@lru_cache(maxsize=1)
def schema() -> dict[str, Any]:
    """The JSON Schema of the file, for editors and for checking."""
    text = files("toolkit.analysis").joinpath("accepted.schema.json").read_text("utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def load_accepted(path: Path) -> list[Accepted]:
    """The entries of a file in their order.

    Raises :class:`DefinitionError`, whose message lists every fault as ``file:line: fault``.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DefinitionError(f"cannot be read: {error}", path=str(path)) from None
    return parse_accepted(text, str(path))


def parse_accepted(text: str, path: str) -> list[Accepted]:
    """The same of a text; ``path`` is what errors call it."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.load(text, Loader=_Loader)  # noqa: S506  (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _refusal([(line, f"not YAML: {error.problem}")], path) from None
    except yaml.YAMLError as error:
        raise _refusal([(1, f"not YAML: {error}")], path) from None
    if root is None:
        raise _refusal([(1, "the file is empty")], path)
    faults = _faults(document, root)
    entries = []
    if not faults:
        for number, entry in enumerate(document["accepted"]):
            line = _line(root, ["accepted", number])
            try:
                entries.append(_entry(entry, line))
            except ValueError:
                place = _line(root, ["accepted", number, "expires"])
                faults.append((place, f"expires: there is no day {entry['expires']}"))
    if faults:
        raise _refusal(faults, path)
    return entries


def _entry(entry: Mapping[str, str], line: int) -> Accepted:
    return Accepted(
        rule=entry["rule"],
        namespace=entry.get("namespace"),
        workload=entry.get("workload"),
        node=entry.get("node"),
        reason=entry["reason"],
        expires=date.fromisoformat(entry["expires"]),
        owner=entry["owner"],
        line=line,
    )


class _Loader(yaml.SafeLoader):
    """A day stays the text that it is, so that the schema can speak of it."""


_Loader.yaml_implicit_resolvers = {
    first: [one for one in resolvers if one[0] != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _faults(document: Any, root: yaml.Node) -> list[tuple[int, str]]:
    from jsonschema import Draft202012Validator

    found = []
    for fault in Draft202012Validator(schema()).iter_errors(document):
        where = list(fault.absolute_path)
        name = f"{where[-1]}: " if where and isinstance(where[-1], str) else ""
        message = fault.message
        if fault.validator == "anyOf":
            message = "one of workload, namespace and node is needed: a rule alone is too wide"
        elif fault.validator == "pattern":
            message = f"{fault.instance!r} is no day such as 2026-12-31"
        found.append((_line(root, where), name + message))
    return found


def _line(root: yaml.Node, where: Sequence[str | int]) -> int:
    """The line of the nearest node of that path, from 1."""
    node = root
    for step in where:
        if isinstance(node, yaml.MappingNode):
            values = [value for key, value in node.value if key.value == step]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            values = node.value[step : step + 1]
        else:
            values = []
        if not values:
            break
        node = values[0]
    return int(node.start_mark.line) + 1


def _refusal(faults: Sequence[tuple[int, str]], path: str) -> DefinitionError:
    lines = [f"{path}:{line}: {fault}" for line, fault in sorted(faults)]
    return DefinitionError("\n".join(lines), path=path)


class Split(NamedTuple):
    """Counts told apart. ``open`` and ``accepted`` sum to the frame that was split.

    ``by_entry`` are the events of the period that each active entry took (the first that fits
    takes them), 0 among them; ``expired`` are the entries that hold no more.
    """

    open: pd.DataFrame
    accepted: pd.DataFrame
    by_entry: list[tuple[Accepted, int]]
    expired: list[Accepted]


def split(frame: pd.DataFrame, entries: Sequence[Accepted], period: Period) -> Split:
    """A counts frame with ``rule``, ``namespace``, ``workload`` and ``node``, told apart.

    What is active in ``period`` counts apart in the whole frame, so that a baseline is compared
    with its like.
    """
    active = [entry for entry in entries if entry.active(period)]
    names = ["rule", *WHERE]
    places: dict[tuple[str | None, ...], int] = {}
    taker = np.array(
        [
            _taker(key, active, names, places)
            for key in zip(*(frame[name].tolist() for name in names), strict=True)
        ],
        np.int64,
    )
    starts, ends = frame["start"].to_numpy(), frame["end"].to_numpy()
    inside = (starts >= period.start) & (ends <= period.end)
    events = frame[EVENTS].to_numpy()
    counted = [
        (entry, int(events[inside & (taker == place)].sum())) for place, entry in enumerate(active)
    ]
    return Split(
        open=frame[taker < 0].reset_index(drop=True),
        accepted=frame[taker >= 0].reset_index(drop=True),
        by_entry=counted,
        expired=[entry for entry in entries if not entry.active(period)],
    )


def _taker(
    key: tuple[str | None, ...],
    active: Sequence[Accepted],
    names: Sequence[str],
    places: dict[tuple[str | None, ...], int],
) -> int:
    """The place of the first entry that takes a key, -1 where none does; remembered."""
    if key not in places:
        values = dict(zip(names, key, strict=True))
        places[key] = next((place for place, entry in enumerate(active) if entry.takes(values)), -1)
    return places[key]


def without(frame: pd.DataFrame, accepted: pd.DataFrame, *by: str) -> pd.DataFrame:
    """A counts frame less what was accepted of it, both by the columns ``by`` and bucket.

    For counts of everything that know no workload, when only the rules of the file were asked for
    by workload. Raises ``ValueError`` where more was accepted than there is: then the two were not
    counted alike.
    """
    columns = ("start", "end", *by)
    left = sums(frame, *columns)
    for key, number in sums(accepted, *columns).items():
        left[key] = left.get(key, 0) - number
        if left[key] < 0:
            raise ValueError(f"more events accepted than counted: {key}")
    kept = [(key, number) for key, number in left.items() if number]
    table = pd.DataFrame(
        {
            name: pd.Series([key[place] for key, _ in kept], dtype=frame[name].dtype)
            for place, name in enumerate(columns)
        }
    )
    table[EVENTS] = np.array([number for _, number in kept], np.int64)
    return table
