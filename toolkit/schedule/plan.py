"""What is to run when: one plan, whoever keeps the time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from toolkit import __version__
from toolkit.errors import SettingsError
from toolkit.schedule.moments import Moment
from toolkit.settings import Delivery, Settings

NAME = "falco-report"
"""What everything is called that is rendered."""

_SIZE = r"[1-9]\d*[KMGT]i"
_SHAPES = {
    "image": (r"[\w][\w.\-/:@]*", "the name of an image"),
    "namespace": (r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", "the name of a namespace"),
    "storage": (_SIZE, "a size such as 1Gi"),
    "memory": (_SIZE, "a size such as 1Gi"),
    "command": (r"/[^\x00-\x1f]+", "the path of a program, from / on"),
    "package": (r"[^\x00-\x1f]+", "what pip installs"),
}
"""What values end up inside of files that others read, and what they must look like."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A report on a schedule.

    ``settings`` are those in force where the files are rendered; ``deliveries`` those chosen.
    ``formats`` is ``--format``'s text. The rest matters to some schedulers only: ``image``,
    ``namespace``, ``storage``, ``storage_class`` and ``memory`` to Kubernetes, ``command`` (the
    program's path) to systemd and cron, ``package`` (what pip installs) to GitHub. Raises
    :class:`SettingsError` for values that cannot be what they are called.
    """

    settings: Settings
    moment: Moment
    deliveries: Sequence[Delivery] = ()
    formats: str = "html,md,json"
    most: int = 12
    fail_on: str | None = None
    allow_incomplete: bool = False
    image: str = f"falco-toolkit:{__version__}"
    namespace: str = "falco"
    storage: str = "1Gi"
    storage_class: str | None = None
    memory: str = "1Gi"
    command: str = "/usr/local/bin/toolkit"
    package: str = f"falco-toolkit=={__version__}"

    def __post_init__(self) -> None:
        for name, (shape, expected) in _SHAPES.items():
            value = getattr(self, name)
            if not re.fullmatch(shape, value, re.ASCII):
                raise SettingsError(f"--{name} {value!r}: expected {expected}", setting=f"--{name}")

    def arguments(self, config: str, reports: str) -> list[str]:
        """What the program is called with; ``reports`` is the folder that keeps them."""
        made = ["report", self.moment.report, "--config", config, "--catch-up"]
        made += ["--output", f"{reports}/{{period}}", "--format", self.formats]
        made += ["--most", str(self.most)]
        if self.deliveries:
            made += ["--deliver", ",".join(one.name for one in self.deliveries)]
        if self.fail_on:
            made += ["--fail-on", self.fail_on]
        if self.allow_incomplete:
            made.append("--allow-incomplete")
        return made


@dataclass(frozen=True, slots=True)
class Rendered:
    """Texts by file name, and what a person does with them, a line each."""

    files: dict[str, str] = field(default_factory=dict)
    next_steps: Sequence[str] = ()
