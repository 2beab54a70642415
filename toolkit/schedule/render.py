"""Who keeps the time, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from toolkit.schedule import cron, cronjob, github, systemd
from toolkit.schedule.plan import Plan, Rendered

KINDS: Mapping[str, Callable[[Plan], Rendered]] = {
    "cronjob": cronjob.render,
    "systemd": systemd.render,
    "cron": cron.render,
    "github": github.render,
}
