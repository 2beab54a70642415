"""Accepted noise is counted apart while it is accepted, and comes back when it is not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.analysis.frames import frame, row
from toolkit.analysis.accepted import (
    Accepted,
    load_accepted,
    parse_accepted,
    schema,
    split,
    without,
)
from toolkit.analysis.periods import HOUR, week
from toolkit.errors import DefinitionError

WEEK = week("2026-W46", "Europe/Berlin")  # 9 to 15 November
BY = ["rule", "namespace", "workload", "node"]

FILE = """\
accepted:
  - rule: Terminal shell in container
    namespace: ci
    workload: build-*
    reason: the builders open shells
    expires: 2026-12-31
    owner: platform
  - rule: Read sensitive file untrusted
    node: node-?
    reason: the backup reads all
    expires: 2026-11-12
    owner: backup
"""


def test_a_file_as_a_team_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "accepted.yaml"
    path.write_text(FILE)
    first, second = load_accepted(path)
    assert first == Accepted(
        rule="Terminal shell in container",
        namespace="ci",
        workload="build-*",
        node=None,
        reason="the builders open shells",
        expires=date(2026, 12, 31),
        owner="platform",
        line=2,
    )
    assert str(second) == "Read sensitive file untrusted (node node-?)"
    assert second.line == 8


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("    owner: platform\n", "", 2, "'owner' is a required property"),
        ("    expires: 2026-12-31\n", "", 2, "'expires' is a required property"),
        ("expires: 2026-12-31", "expires: 2026-02-30", 6, "expires: there is no day 2026-02-30"),
        ("expires: 2026-12-31", "expires: soon", 6, "expires: 'soon' is no day"),
        ("    node: node-?\n", "", 8, "one of workload, namespace and node is needed"),
        ("    owner: backup", "    owned: backup", 8, "'owned' was unexpected"),
        ("reason: the backup reads all", "reason: ''", 10, "reason: '' should be non-empty"),
        ("accepted:", "accept:", 1, "'accept' was unexpected"),
        ("rule: Read sensitive file untrusted", "rule: [", 9, "not YAML"),
    ],
)
def test_faults_are_said_with_file_and_line(old: str, new: str, line: int, message: str) -> None:
    assert old in FILE
    with pytest.raises(DefinitionError) as error:
        parse_accepted(FILE.replace(old, new), "team/accepted.yaml")
    assert f"team/accepted.yaml:{line}: " in error.value.message
    assert message in error.value.message


def test_all_faults_are_said_at_once() -> None:
    text = FILE.replace("    owner: platform\n", "").replace("    node: node-?\n", "")
    with pytest.raises(DefinitionError) as error:
        parse_accepted(text, "a.yaml")
    assert len(error.value.message.splitlines()) == 2


def test_files_that_are_not_there_or_empty() -> None:
    with pytest.raises(DefinitionError, match="cannot be read"):
        load_accepted(Path("/nowhere/accepted.yaml"))
    with pytest.raises(DefinitionError, match=r"a\.yaml:1: the file is empty"):
        parse_accepted("", "a.yaml")
    assert parse_accepted("accepted: []", "a.yaml") == []


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())


def counted(*rows: tuple[int, str, str | None, str | None, str | None, int]) -> pd.DataFrame:
    """Rows begin with the hour after the week's start."""
    return frame(
        [row(WEEK.start + hour * HOUR, HOUR, BY, names, n) for hour, *names, n in rows], BY
    )


SHELL = "Terminal shell in container"
READ = "Read sensitive file untrusted"
FRAME = counted(
    (0, SHELL, "ci", "build-7", "node-1", 10),
    (1, SHELL, "ci", "web-1", "node-1", 3),
    (2, SHELL, "prod", "build-1", "node-1", 4),
    (3, SHELL, None, None, "node-1", 5),
    (4, READ, None, None, "node-1", 7),
    (-5, SHELL, "ci", "build-7", "node-1", 100),
)


def test_what_is_accepted_is_counted_apart_and_what_expired_comes_back() -> None:
    entries = parse_accepted(FILE, "a.yaml")
    found = split(FRAME, entries, WEEK)
    assert found.open["events"].tolist() == [3, 4, 5, 7]
    # The baseline's are told apart alike; the report counts those of its period.
    assert found.accepted["events"].tolist() == [10, 100]
    assert [(entry.rule, number) for entry, number in found.by_entry] == [(SHELL, 10)]
    assert [entry.rule for entry in found.expired] == [READ]


@pytest.mark.parametrize(
    ("expires", "active"), [("2026-11-14", False), ("2026-11-15", True), ("2026-11-16", True)]
)
def test_an_entry_holds_to_the_end_of_its_last_day(expires: str, active: bool) -> None:
    entries = parse_accepted(FILE.replace("2026-11-12", expires), "a.yaml")
    assert entries[1].active(WEEK) is active
    assert split(FRAME, entries, WEEK).expired == ([] if active else [entries[1]])


def test_the_first_entry_that_fits_takes_the_events() -> None:
    twice = parse_accepted(FILE, "a.yaml")[:1] * 2
    assert [number for _, number in split(FRAME, twice, WEEK).by_entry] == [10, 0]


def test_counts_without_workloads_less_what_was_accepted() -> None:
    by = ["rule", "node"]
    whole = frame(
        [
            row(WEEK.start, HOUR, by, (SHELL, "node-1"), 12),
            row(WEEK.start + HOUR, HOUR, by, (SHELL, "node-1"), 3),
        ],
        by,
    )
    accepted = split(FRAME.iloc[:2], parse_accepted(FILE, "a.yaml"), WEEK).accepted
    left = without(whole, accepted, *by)
    assert left["events"].tolist() == [2, 3]
    assert left.dtypes.to_dict() == whole.dtypes.to_dict()
    with pytest.raises(ValueError, match="more events accepted"):
        without(whole.iloc[1:], accepted, *by)


NAMES = st.sampled_from(["ci", "build-1", "node-1", None])
ROWS = st.lists(
    st.tuples(
        st.integers(-10, 10), st.sampled_from([SHELL, READ]), NAMES, NAMES, NAMES, st.integers(1, 9)
    ),
    max_size=20,
)


@given(ROWS)
@settings(max_examples=50)
def test_no_event_is_lost(
    rows: list[tuple[int, str, str | None, str | None, str | None, int]],
) -> None:
    data = counted(*rows)
    found = split(data, parse_accepted(FILE.replace("2026-11-12", "2027-01-01"), "a"), WEEK)
    assert found.open["events"].sum() + found.accepted["events"].sum() == data["events"].sum()
    rest = without(data, found.accepted, *BY)
    assert rest["events"].sum() == found.open["events"].sum()
