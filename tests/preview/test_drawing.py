"""Axes, Markdown and colours."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.preview.axes import number_ticks, time_ticks
from toolkit.preview.colours import NAMED, between, is_dark, mixed, named, scheme
from toolkit.preview.draw_charts import draw_series
from toolkit.preview.markdown import to_html
from toolkit.preview.model import SeriesData
from toolkit.preview.moments import Clock

CLOCK = Clock(0)
HOUR = 3_600_000


def at(*parts: int, zone: str = "UTC") -> float:
    return datetime(*parts, tzinfo=ZoneInfo(zone)).timestamp() * 1000  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("top", "unit", "end", "labels"),
    [
        (614, "short", 800, ["0", "200", "400", "600", "800"]),
        (3, "short", 3, ["0", "1", "2", "3"]),
        (14_428, "short", 15_000, ["0", "5 K", "10 K", "15 K"]),
        (0, "short", 1, ["0", "1"]),
        (0.5, "percentunit", 0.6, ["0%", "20%", "40%", "60%"]),
    ],
)
def test_an_axis_of_numbers_ends_at_a_round_one(
    top: float, unit: str, end: float, labels: list[str]
) -> None:
    found, ticks = number_ticks(top, unit, None, CLOCK, 4)
    assert found == pytest.approx(end)
    assert [tick.label for tick in ticks] == labels


@given(st.floats(1e-6, 1e12), st.integers(2, 12))
def test_an_axis_reaches_its_highest_value_with_few_lines(top: float, most: int) -> None:
    end, ticks = number_ticks(top, "none", None, CLOCK, most)
    assert top <= end * (1 + 1e-9)
    assert 2 <= len(ticks) <= most + 2
    assert (ticks[0].place, ticks[-1].place) == (0.0, 1.0)


def test_days_begin_at_midnight_of_the_clocks_zone() -> None:
    clock = Clock(0, ZoneInfo("Europe/Berlin"))
    start = at(2026, 11, 16, 9, zone="Europe/Berlin")
    ticks = time_ticks(start, start + 3 * 24 * HOUR, clock, 5)
    assert [tick.label for tick in ticks] == ["11/17", "11/18", "11/19"]
    assert ticks[0].place == pytest.approx(15 / 72)


@pytest.mark.parametrize(
    ("hours", "most", "label"), [(1, 6, "09:20"), (12, 6, "10:00"), (48, 9, "11/16 12:00")]
)
def test_times_are_written_as_finely_as_the_range_needs(hours: int, most: int, label: str) -> None:
    start = datetime(2026, 11, 16, 9, 17, tzinfo=UTC).timestamp() * 1000
    assert time_ticks(start, start + hours * HOUR, CLOCK, most)[0].label == label


def test_the_labels_of_a_charts_edges_are_whole() -> None:
    """In the middle of their place they would reach over the edge, and be cut off."""
    start = int(at(2026, 11, 16, 0))
    end = start + 7 * 24 * HOUR
    data = SeriesData((), start, end, HOUR, "bars", True, "short", None, 1.0)
    page = draw_series(data, CLOCK, 1400, 300)
    assert '<span class="first" style="left:0.0%">11/16</span>' in page
    assert '<span class="last" style="left:100.0%">11/23</span>' in page
    assert '<span style="left:14.3%">11/17</span>' in page


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# Title", "<h3>Title</h3>"),
        ("one\ntwo\n\nthree", "<p>one two</p><p>three</p>"),
        ("- a\n- `b`", "<ul><li>a</li><li><code>b</code></li></ul>"),
        ("**bold** and *soft*", "<p><strong>bold</strong> and <em>soft</em></p>"),
        (
            "| a | b |\n| --- | --- |\n| 1 | `2` |",
            "<table><thead><tr><th>a</th><th>b</th></tr></thead>"
            "<tbody><tr><td>1</td><td><code>2</code></td></tr></tbody></table>",
        ),
        ("see [the page](https://example.org)", "<p>see the page</p>"),
        ("<b onclick=x>& more", "<p>&lt;b onclick=x&gt;&amp; more</p>"),
    ],
)
def test_markdown_becomes_html_and_nothing_else_does(text: str, expected: str) -> None:
    assert to_html(text) == expected


def test_a_text_of_html_is_shown_without_its_tags() -> None:
    assert to_html("<h1>A</h1><script>b</script>", markdown=False) == "<p>Ab</p>"


def test_named_colours_have_a_shade_for_each_theme() -> None:
    """From ``createTheme`` of @grafana/data 13.2.3."""
    assert (NAMED["green"].dark, NAMED["green"].light) == ("#73BF69", "#56A64B")
    assert (NAMED["super-light-red"].dark, NAMED["dark-purple"].light) == ("#FFA6B0", "#7C2EA3")
    assert named("#12345678").css == "#12345678"
    assert named("red").css == "light-dark(#E02F44,#F2495C)"


def test_colours_run_from_one_end_of_a_scheme_to_the_other() -> None:
    assert scheme("Oranges", 0) == "#fff5eb"
    assert scheme("Oranges", 1) == "#7f2704"
    assert mixed(["#000000", "#ffffff"], 0.5) == "#808080"
    assert between(["blue", "purple"], 0).dark.upper() == "#5794F2"


@pytest.mark.parametrize(("colour", "dark"), [("#8E24AA", True), ("#E0A800", False)])
def test_text_on_a_colour_is_light_where_that_is_dark(colour: str, dark: bool) -> None:
    assert is_dark(colour) is dark
