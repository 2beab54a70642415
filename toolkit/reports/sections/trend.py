"""The trend by day: all events, rules, nodes."""

from __future__ import annotations

from toolkit.reports import words
from toolkit.reports.content import Column, Section, Table, Trend
from toolkit.reports.data import ReportData
from toolkit.reports.sections.says import at_least, count

_LINES = 6


def trend(data: ReportData) -> Section:
    """Better or worse, day by day."""
    numbers = [events for _, events in data.by_day]
    names = [words.short_day(day) for day, _ in data.by_day]
    before = [events for _, events in data.previous_by_day]
    # Months differ in length; the shorter one is drawn as far as it goes.
    before = (before + [0] * len(numbers))[: len(numbers)]
    blocks = [
        Trend("Events by day", names, [(data.period.name, numbers), (data.previous.name, before)]),
        Trend(
            "Events by day, the rules with most events",
            names,
            [(row.rule, row.daily) for row in data.by_rule[:_LINES] if row.events],
        ),
        Trend(
            "Events by day and node",
            names,
            [(words.node(name), daily) for name, daily in [*data.node_daily.items()][:_LINES]],
        ),
    ]
    table = Table(
        "Events by day",
        [Column("Day"), Column("Events", "number")],
        [
            [f"{day:%A} {day.isoformat()}", count(events, data.lower_bounds.on_day(place))]
            for place, (day, events) in enumerate(data.by_day)
        ],
        folded=bool(data.events),
    )
    shown = [block for block in blocks if block.series] if data.events else []
    return Section(
        "days", "Is it getting better or worse?", [_sentence(data, numbers)], [*shown, table]
    )


def _sentence(data: ReportData, numbers: list[int]) -> str:
    if not data.events:
        return f"No security event in this {data.period.kind}."
    peak = max(range(len(numbers)), key=numbers.__getitem__)
    day = data.by_day[peak][0]
    number = at_least(words.events(numbers[peak]), data.lower_bounds.on_day(peak))
    busiest = f"The busiest day was {day:%A}, {day.day} {day:%B} with {number}"
    if len(numbers) == 1:
        return f"{day:%A}, {day.day} {day:%B} had {number}."
    quiet = sum(number == 0 for number in numbers)
    if not quiet:
        return f"{busiest}; every day had some."
    return f"{busiest}; {'one day' if quiet == 1 else f'{quiet} days'} had none."
