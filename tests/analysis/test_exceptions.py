"""Exceptions as Falco reads them. Shapes and messages are from its loader and documentation."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from toolkit.analysis.exceptions import Condition, FalcoException, problems, quoted, rules_file

APT = FalcoException(
    "Write below etc",
    "known_apt",
    (Condition("proc.name", "=", "apt"), Condition("k8s.ns.name", "=", "ci")),
)
PIDS = FalcoException(
    "Write below etc", "known_pids", (Condition("proc.cmdline", "glob", "gdb -p *"),)
)

WRITTEN = """\
- rule: Write below etc
  exceptions:
  - name: known_apt
    fields: [proc.name, k8s.ns.name]
    comps: ['=', '=']
    values:
    - [apt, ci]
  - name: known_pids
    fields: [proc.cmdline]
    comps: [glob]
    values:
    - ['"gdb -p *"']
  override:
    exceptions: append
"""


def test_a_rules_file_as_one_writes_it_by_hand() -> None:
    assert rules_file([APT, PIDS]) == WRITTEN
    assert list(problems(WRITTEN)) == []


def test_before_override_there_was_append() -> None:
    text = rules_file([APT], legacy=True)
    assert yaml.safe_load(text)[0]["append"] is True
    assert "override" not in text
    assert list(problems(text)) == []


def test_when_a_rule_would_not_have_fired() -> None:
    assert APT.holds({"proc.name": "apt", "k8s.ns.name": "ci"})
    assert not APT.holds({"proc.name": "apt", "k8s.ns.name": "prod"})
    # A host's event has no namespace: a comparison with a field that is not there is false.
    assert not APT.holds({"proc.name": "apt", "k8s.ns.name": None})
    assert PIDS.holds({"proc.cmdline": "gdb -p 12/3"})


# Strings of libsinsp's filter (filter/parser.cpp RGX_BARESTR, filter/escaping.cpp).
@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("nginx", "nginx"),
        ("/usr/bin/python3.11", "/usr/bin/python3.11"),
        ("sh -c ls", '"sh -c ls"'),
        ("a=b", '"a=b"'),
        ("f(x)", '"f(x)"'),
        ('say "hi"', '"say \\"hi\\""'),
        ("it's", '"it\'s"'),
        ("a,b", '"a,b"'),
        ("back\\slash x", '"back\\\\slash x"'),
        ("two\nlines", '"two\\nlines"'),
    ],
)
def test_values_are_quoted_where_the_filter_needs_it(value: str, written: str) -> None:
    assert quoted(value) == written


def unescaped(text: str) -> str:
    """What libsinsp's unescape_str makes of a string in double quotes."""
    names = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
    out, inside = "", iter(text[1:-1])
    for character in inside:
        if character != "\\":
            out += character
            continue
        character = next(inside)
        out += names.get(character, character)
    return out


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t"), min_size=1)
)
def test_every_value_is_read_as_it_was(value: str) -> None:
    written = quoted(value)
    assert (unescaped(written) if written.startswith('"') else written) == value
    text = rules_file([FalcoException("r", "n", (Condition("proc.cmdline", "=", value),))])
    assert list(problems(text)) == []
    assert yaml.safe_load(text)[0]["exceptions"][0]["values"] == [[written]]


def broken(old: str, new: str) -> list[str]:
    assert old in WRITTEN
    return list(problems(WRITTEN.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("comps: [glob]", "comps: [like]", "'like' is not a supported comparison operator"),
        ("comps: [glob]", "comps: [glob, '=']", "Fields and comps lists must have equal length"),
        ("- [apt, ci]", "- [apt]", "Fields and values lists must have equal length"),
        ("- [apt, ci]", "- [apt, 'a=b']", "the filter cannot read the value 'a=b'"),
        ("- [apt, ci]", "- [apt, '']", "the filter cannot read the value ''"),
        ("- [apt, ci]", "- [apt, 'say \"a b']", "the filter cannot read the value 'say \"a b'"),
        ("fields: [proc.cmdline]", "fields: [cmdline]", "'cmdline' is no filter field"),
        ("fields: [proc.cmdline]", "fields: []", "must have fields property with a list of fields"),
        ("name: known_pids", "name: known_apt", "Multiple definitions of exception 'known_apt'"),
        ("name: known_pids", "nam: known_pids", "must be a mapping with a name"),
        ("exceptions: append", "exceptions: replace", "override has to be {exceptions: append}"),
        ("  override:\n    exceptions: append\n", "", "either override or append"),
        ("  override:", "  priority: ERROR\n  override:", "the key priority is ignored"),
        ("- rule: Write below etc", "- macro: x", "an item without the key rule"),
        ("- [apt, ci]", "- [apt, ci", "not YAML"),
    ],
)
def test_what_falco_refuses_is_found(old: str, new: str, message: str) -> None:
    found = broken(old, new)
    assert found
    assert message in found[0]


def test_exceptions_have_to_be_a_list_and_so_has_the_file() -> None:
    assert list(problems("rule: x")) == ["Rules content is not a sequence"]
    found = list(problems("- {rule: r, exceptions: {}, append: true}"))
    assert found == ["r: Rule exceptions must be a sequence"]
    assert list(problems("- {rule: r, exceptions: [{name: a, fields: [a.b]}], append: false}")) == [
        "r: append has to be true",
        "r: a: Rule exception must have values property with a list of values",
    ]
