"""The benchmark's truth, small: what it promises holds, and it gives the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.surges import FAMILIES, KINDS, main, tallies


@pytest.mark.parametrize("kind", KINDS)
def test_false_alarms_stay_few_among_alarms(kind: str) -> None:
    """Sixty rules, one in ten five times as loud; 5 % asked for, 10 % allowed to forty clusters."""
    some = tallies(1, 40, "rules", kind, 5)
    rate = np.mean([one.false / one.told if one.told else 0.0 for one in some])
    assert rate <= 0.10
    found = sum(one.found[2] for one in some)
    assert found >= 0.75 * sum(one.there[2] for one in some)


def test_a_quiet_cluster_is_seldom_alarmed() -> None:
    some = tallies(1, 100, "rules", "even", 1)
    assert sum(one.told > 0 for one in some) <= 10
    assert all(sum(one.there) == 0 for one in some)


def test_the_same_seed_makes_the_same_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert tallies(3, 2, "nodes", "rough", 3) == tallies(3, 2, "nodes", "rough", 3)
    assert tallies(3, 2, "nodes", "rough", 3) != tallies(4, 2, "nodes", "rough", 3)
    main(["--runs", "1", "--families", "nodes"])
    text = capsys.readouterr().out
    assert text.count("| vanished |") == len(KINDS)
    assert f"({FAMILIES['nodes']} keys, 1 clusters" in text
