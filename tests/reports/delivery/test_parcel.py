"""The words that announce a report, and that a rule's name is never more than text in them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reports.delivery import support
from tests.reports.delivery.support import CLEAN, DATA, HOSTILE
from toolkit.reports.content import Link, Section, Steps
from toolkit.reports.delivery.parcel import Parcel
from toolkit.reports.delivery.text import clipped, escaped_markdown, escaped_slack, one_line
from toolkit.reports.document import document


def saying(sentence: str, *blocks: Steps) -> Parcel:
    """A report that says no more than that."""
    section = Section("summary", "?", [sentence], blocks)
    return Parcel(DATA, replace(document(DATA), banner=[], sections=[section]))


def test_the_subject_says_the_period_and_what_comes_first(parcel: Parcel) -> None:
    assert parcel.subject.startswith("Falco, 2026-W46: ")
    assert CLEAN in parcel.subject
    assert "\n" not in parcel.subject


def test_steps_give_the_headline_where_there_are_some() -> None:
    steps = Steps("What to do", [Link("Look at Falco on n1.", "#watching")])
    made = saying("5 events.", steps)
    assert made.subject == "Falco, 2026-W46: Look at Falco on n1"
    assert made.sentences == ["5 events.", "Look at Falco on n1."]
    assert saying("5 events.").subject == "Falco, 2026-W46: 5 events"


def test_an_incomplete_report_says_so_in_its_subject(tmp_path: Path) -> None:
    made = support.parcel(tmp_path, support.data(refused=2))
    assert made.subject.startswith("Falco, 2026-W46 (incomplete): ")
    assert made.warnings


def test_a_long_name_is_cut() -> None:
    made = saying("x" * 900)
    assert len(made.subject) == 150
    assert made.subject.endswith("…")
    assert clipped("abc", 3) == "abc"


def test_one_line_has_no_line_break_and_no_turn_of_direction() -> None:
    assert one_line(HOSTILE) == CLEAN
    assert one_line("a\u2066b\u2028c\x00d\te") == "ab cd e"


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1


def test_slack_sees_no_markup() -> None:
    assert escaped_slack("<!here> & <http://e|x>") == "&lt;!here&gt; &amp; &lt;http://e|x&gt;"


@pytest.mark.parametrize("text", ["@all", "@channel", "http://e.org", "www.e.org", ":smile:"])
def test_a_chat_calls_nobody_and_links_nothing(text: str) -> None:
    """What Mattermost acts on without punctuation is parted by an invisible character."""
    escaped = escaped_markdown(text)
    assert text not in escaped
    assert "\u200b" in escaped
    assert escaped.replace("\u200b", "").replace("\\", "") == text


def test_markdown_punctuation_is_escaped() -> None:
    assert escaped_markdown("*a* [b](c) `d` <e>") == r"\*a\* \[b\]\(c\) \`d\` \<e\>"
