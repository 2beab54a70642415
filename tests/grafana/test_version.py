"""Which Grafana can do what."""

from __future__ import annotations

import pytest

from toolkit.grafana.version import NEWEST, OLDEST, SINCE, GrafanaVersion


@pytest.mark.parametrize(
    ("text", "major", "minor"),
    [
        ("7.5.5", 7, 5),
        ("13.0.0-22843068776.patch2", 13, 0),
        ("11.3.0-75420.patch2-75797", 11, 3),
        ("v12.1", 12, 1),
        ("11", 11, 0),
        (" 9.4.0-pre ", 9, 4),
    ],
)
def test_versions_in_the_field_are_read_by_their_leading_numbers(
    text: str, major: int, minor: int
) -> None:
    assert GrafanaVersion.parse(text) == GrafanaVersion(major, minor)


@pytest.mark.parametrize("text", ["", "latest", "main-1.2"])
def test_what_begins_with_no_number_is_no_version(text: str) -> None:
    with pytest.raises(ValueError, match="expected a version"):
        GrafanaVersion.parse(text)


def test_versions_compare_by_number_and_not_by_text() -> None:
    assert GrafanaVersion.parse("10.2") > GrafanaVersion.parse("9.4")
    assert GrafanaVersion.parse("10.2") < GrafanaVersion.parse("10.10")


def test_the_newest_has_every_feature_and_the_oldest_has_none_of_them() -> None:
    assert all(NEWEST.has(feature) for feature in SINCE)
    assert not any(OLDEST.has(feature) for feature in SINCE)


def test_schema_versions_are_above_what_grafana_12_refuses() -> None:
    """Grafana 12 answered 422 below 36 or 37 in its first releases; grafanalib writes 12."""
    for text in ("12.0", "12.4", "13.0"):
        assert GrafanaVersion.parse(text).schema_version >= 37
    assert GrafanaVersion.parse("9.0").schema_version == 36
    assert OLDEST.schema_version == 27
