"""A sample cluster: six weeks of Falco's events, made from a seed and a clock alone.

Seven nodes with ordinary noise, a daily and a weekly rhythm, heartbeats, and a story in the last
complete week (:class:`SampleStory`): an incident, a flood, a rule that appears, one that vanishes,
a node that falls silent and one that is not watched at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from toolkit.falco.event import FalcoEvent, parse_event
from toolkit.falco.sample.generate import sample_lines
from toolkit.falco.sample.story import SampleStory, sample_story

__all__ = [
    "SEED",
    "SampleStory",
    "sample_events",
    "sample_lines",
    "sample_story",
    "write_sample",
]

SEED = 1
"""The seed of the sample that is shown unless another is asked for."""


def sample_events(seed: int, now: int, scale: float = 1.0) -> Iterator[FalcoEvent]:
    """The events of :func:`sample_lines`."""
    for line in sample_lines(seed, now, scale):
        event = parse_event(line)
        assert isinstance(event, FalcoEvent), event
        yield event


def write_sample(path: Path, seed: int, now: int, scale: float = 1.0) -> SampleStory:
    """Write the sample as JSON lines to ``path`` and say what is in it. Raises OSError."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in sample_lines(seed, now, scale))
    return sample_story(seed, now)
