"""Priorities: Falco's words in Falco's order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.falco.priority import MOST_URGENT_FIRST, Priority

# falcosecurity/falco userspace/engine/falco_common.cpp, in the order of its enum (0 to 7).
FALCO = [
    "Emergency",
    "Alert",
    "Critical",
    "Error",
    "Warning",
    "Notice",
    "Informational",
    "Debug",
]


def test_the_eight_in_falcos_order() -> None:
    assert [priority.label for priority in MOST_URGENT_FIRST] == FALCO
    assert [priority.rank for priority in MOST_URGENT_FIRST] == list(range(8))
    assert [str(priority) for priority in MOST_URGENT_FIRST] == FALCO


def test_more_urgent_is_greater() -> None:
    assert Priority.EMERGENCY > Priority.CRITICAL > Priority.NOTICE > Priority.DEBUG
    assert max(Priority.NOTICE, Priority.ERROR) is Priority.ERROR


def test_falcosidekicks_numbers() -> None:
    # types/priority.go: Debug is 1, Emergency 8; 0 is none of them.
    assert [int(priority) for priority in MOST_URGENT_FIRST] == [8, 7, 6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize("word", FALCO)
def test_any_case_is_read(word: str) -> None:
    for text in (word, word.upper(), word.lower(), word.swapcase()):
        priority = Priority.parse(text)
        assert priority is not None
        assert priority.label == word


@pytest.mark.parametrize("word", ["INFO", "info", "Info"])
def test_info_is_informational(word: str) -> None:
    assert Priority.parse(word) is Priority.INFORMATIONAL


@pytest.mark.parametrize("word", ["", "warn", "err", " notice", "Notice ", "4", "default", "high"])
def test_what_falco_does_not_know_is_none(word: str) -> None:
    assert Priority.parse(word) is None


def test_rule_files_say_info() -> None:
    assert Priority.INFORMATIONAL.rule_word == "INFO"
    assert Priority.WARNING.rule_word == "WARNING"


@given(st.sampled_from(list(Priority)))
def test_words_read_back(priority: Priority) -> None:
    assert Priority.parse(priority.label) is priority
    assert Priority.parse(priority.rule_word) is priority
