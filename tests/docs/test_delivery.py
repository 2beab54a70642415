"""What docs/delivery.md and docs/schedule.md show is what the program knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from toolkit.cli.run_options import FAIL_ON_MET, FAILED, INCOMPLETE
from toolkit.schedule.render import KINDS
from toolkit.settings import DELIVER_KINDS, load, named

DOCS = Path(__file__).parents[2] / "docs"
DELIVERY = (DOCS / "delivery.md").read_text("utf-8")


def test_every_example_of_a_destination_can_be_read(tmp_path: Path) -> None:
    examples = re.findall(r"```toml\n(.*?)```", DELIVERY, flags=re.DOTALL)
    assert len(examples) >= 5
    (tmp_path / "toolkit.toml").write_text("\n".join(examples), encoding="utf-8")
    settings = load({}, environ={}, directory=tmp_path)
    shown = {delivery.kind for delivery in named(settings.deliveries, "all")}
    # The three chats are told alike: one example, which names the other two.
    assert shown | {"mattermost", "teams"} == set(DELIVER_KINDS)
    assert '# or "mattermost", "teams"' in DELIVERY


def test_every_exit_status_is_told() -> None:
    rows = re.findall(r"^\| (\d) \| \S", DELIVERY, flags=re.MULTILINE)
    assert rows == [str(n) for n in sorted({0, FAIL_ON_MET, 2, FAILED, INCOMPLETE})]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_schedule_is_told(kind: str) -> None:
    assert f"`{kind}`" in (DOCS / "schedule.md").read_text("utf-8")
