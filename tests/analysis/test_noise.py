"""What makes up the volume, and what an exception would take away, counted again by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.analysis.exceptions import problems, rules_file
from toolkit.analysis.noise import groups, noise_frame, proposals, removed
from toolkit.results import Sample, Vector

COLUMNS = ["rule", "proc_name", "k8s_ns_name", "proc_cmdline"]


def noise(*rows: tuple[str | None, str | None, str | None, str | None, int]) -> pd.DataFrame:
    samples = []
    for *values, number in rows:
        labels = {
            name: value for name, value in zip(COLUMNS, values, strict=True) if value is not None
        }
        samples.append(Sample(labels, float(number)))
    return noise_frame(Vector(0, samples))


FRAME = noise(
    ("Shell", "sh", "ci", "sh -c 1", 60),
    ("Shell", "sh", "ci", "sh -c 2", 20),
    ("Shell", "bash", "prod", "bash", 5),
    ("Shell", "sh", None, "sh -c 3", 3),
    ("Read", "cat", "ci", "cat /etc/shadow", 10),
    ("Audit", None, None, None, 2),
)


def test_groups_by_hand() -> None:
    table = groups(FRAME, share=1)
    assert table[["rule", "command", "commands", "events"]].to_numpy().tolist() == [
        ["Shell", "sh -c <n>", 2, 80],
        ["Read", "cat /etc/shadow", 1, 10],
        ["Shell", "bash", 1, 5],
        ["Shell", "sh -c <n>", 1, 3],
        ["Audit", None, 1, 2],
    ]
    assert table["share"].tolist() == pytest.approx([0.8, 0.1, 0.05, 0.03, 0.02])
    assert table["cumulative"].tolist() == pytest.approx([0.8, 0.9, 0.95, 0.98, 1])
    assert table["rule_share"][0] == pytest.approx(80 / 88)


@pytest.mark.parametrize(("share", "number"), [(0.5, 1), (0.8, 1), (0.81, 2), (0.95, 3), (1, 5)])
def test_as_many_groups_as_reach_the_share(share: float, number: int) -> None:
    assert len(groups(FRAME, share=share)) == number
    assert len(groups(FRAME, share=share, most=2)) == min(number, 2)


def test_an_exception_and_what_it_removes() -> None:
    found = proposals(FRAME, groups(FRAME, share=1))
    first = found[0]
    assert first.exception is not None
    assert [(one.field, one.operator, one.value) for one in first.exception.conditions] == [
        ("proc.name", "=", "sh"),
        ("k8s.ns.name", "=", "ci"),
        ("proc.cmdline", "glob", "sh -c *"),
    ]
    assert (first.removes, first.rule_events, first.all_events) == (80, 88, 100)
    assert first.share == pytest.approx(0.8)
    assert first.note == ""


def test_one_command_alone_is_named_exactly() -> None:
    found = proposals(FRAME, groups(FRAME, share=1))[1]
    assert found.exception is not None
    assert found.exception.conditions[-1].operator == "="
    assert found.note == ("nothing else made this rule fire: with the exception it falls silent")


def test_an_exception_that_takes_more_than_its_group_says_so() -> None:
    """Events of a host have no namespace to name: the shells of ci fit as well."""
    frame = noise(("Shell", "sh", "ci", "sh -c 1", 60), ("Shell", "sh", None, "sh -c 3", 3))
    rest = noise(("Shell", "zsh", None, "zsh", 1))
    frame = pd.concat([frame, rest], ignore_index=True)
    host = proposals(frame, groups(frame, share=1))[1]
    assert host.exception is not None
    # One command only on hosts, but its template is shared: the pattern is wider than the group.
    assert host.removes == 63
    assert host.note == "the exception fits other groups of this rule as well"


def test_events_that_tell_nothing_apart_get_no_exception() -> None:
    found = proposals(FRAME, groups(FRAME, share=1))[-1]
    assert found.exception is None
    assert found.removes == 0
    assert found.note.startswith("no exception")


def test_a_command_that_falcosidekick_cut_matches_as_far_as_it_goes() -> None:
    frame = noise(("Shell", "sh", "ci", "sh -c aaaa[...]", 5))
    found = proposals(frame, groups(frame))[0]
    assert found.exception is not None
    assert found.exception.conditions[-1].value == "sh -c aaaa*"
    assert found.exception.conditions[-1].operator == "glob"
    assert found.removes == 5


def test_names_tell_what_for_and_differ() -> None:
    frame = noise(("Shell", "sh", "ci", "sh -c a", 5), ("Shell", "sh", "ci", "sh -c b", 4))
    names = [
        one.exception.name for one in proposals(frame, groups(frame, share=1)) if one.exception
    ]
    assert len(set(names)) == 2
    assert all(name.startswith("known_sh_ci_") for name in names)


def test_an_empty_week_has_no_noise() -> None:
    empty = noise()
    table = groups(empty)
    assert len(table) == 0
    assert proposals(empty, table) == []


NAME = st.sampled_from(["a", "b", None])
COMMAND = st.sampled_from(["run 1", "run 2", "x=1 (y)", "a*b [c]", 'q"uote', "<NA>", None])
ROWS = st.lists(
    st.tuples(st.sampled_from(["R1", "R2"]), NAME, NAME, COMMAND, st.integers(1, 50)), max_size=12
)


@given(ROWS, st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_laws(
    rows: list[tuple[str, str | None, str | None, str | None, int]], chance: object
) -> None:
    """Groups sum to all, an exception takes its group at least, rows in any order, valid files."""
    frame = noise(*rows)
    table = groups(frame, share=1, most=1000)
    total = sum(row[-1] for row in rows)
    assert table["events"].sum() == total
    found = proposals(frame, table)
    for one, number in zip(found, table["events"], strict=True):
        if one.exception is not None:
            assert number <= one.removes <= one.rule_events
            assert removed([one.exception], frame) == one.removes
    exceptions = [one.exception for one in found if one.exception is not None]
    if exceptions:
        assert list(problems(rules_file(exceptions))) == []
    mixed = list(rows)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(groups(noise(*mixed), share=1, most=1000), table)
