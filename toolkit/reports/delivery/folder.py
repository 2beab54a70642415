"""Copies of a report's files in another folder, one below it for each period."""

from __future__ import annotations

from pathlib import Path

from toolkit.errors import DeliveryError
from toolkit.reports import archive
from toolkit.reports.delivery.channel import Channel, Job
from toolkit.reports.write import write


def _target(job: Job) -> Path:
    return Path(job.delivery.get("path"), archive.PERIOD)


def _show(job: Job) -> str:
    return "\n".join(
        f"{name}, {path.stat().st_size} bytes" for name, path in job.parcel.files.items()
    )


def _send(job: Job) -> list[str]:
    def copy(folder: Path) -> None:
        for name, path in job.parcel.files.items():
            write(folder / name, path.read_bytes())

    try:
        archive.put(_target(job), job.parcel.data.period, copy)
    except OSError as error:
        reason = error.strerror or str(error)
        raise DeliveryError(f"{job.delivery.get('path')} cannot be written: {reason}") from None
    return []


FOLDER = Channel(
    lambda job: str(archive.folder(_target(job), job.parcel.data.period)), _show, _send
)
