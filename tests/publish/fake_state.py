"""What the contract fake of Grafana remembers, and the shapes in which it tells it.

Shapes, texts and ids are those of a real Grafana 7.5.5 and of a 9.4 (the recorded exchanges).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

NOW = "2026-11-23T04:35:28Z"
NEVER = "0001-01-01T00:00:00Z"


DEFAULT_RECEIVER: Json = {
    "uid": "",
    "name": "email receiver",
    "type": "email",
    "settings": {"addresses": "<example@email.com>"},
    "disableResolveMessage": False,
}
DEFAULT_POLICIES: Json = {
    "receiver": "grafana-default-email",
    "group_by": ["grafana_folder", "alertname"],
}
"""What a fresh Grafana has; the default contact point is listed by what is inside of it."""


def slug(title: str) -> str:
    """The title as it stands in addresses."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


@dataclass
class Source:
    """A data source."""

    id: int
    model: Json

    def detail(self, *, modern: bool) -> Json:
        """One data source, asked for alone."""
        model = self.model
        found = {
            "id": self.id,
            "uid": model["uid"],
            "orgId": 1,
            "name": model["name"],
            "type": model["type"],
            "typeLogoUrl": "",
            "access": model["access"],
            "url": model.get("url", ""),
            "password": "",
            "user": "",
            "database": "",
            "basicAuth": False,
            "basicAuthUser": "",
            "basicAuthPassword": "",
            "withCredentials": False,
            "isDefault": model.get("isDefault", False),
            "jsonData": model.get("jsonData", {}),
            "secureJsonFields": {},
            "version": model.get("version", 1),
            "readOnly": model.get("readOnly", False),
        }
        gone = ("password", "basicAuthPassword") if modern else ()
        return {key: value for key, value in found.items() if key not in gone}

    def listed(self, *, modern: bool) -> Json:
        """One data source in the list of all."""
        dropped = ("basicAuthUser", "basicAuthPassword", "withCredentials", "secureJsonFields")
        whole = self.detail(modern=modern)
        kept = {k: v for k, v in whole.items() if k not in (*dropped, "version")}
        kind = self.model["type"]
        return kept | {
            "typeName": kind.capitalize(),
            "typeLogoUrl": f"public/app/plugins/datasource/{kind}/img/{kind}_icon.svg",
        }


@dataclass
class Board:
    """A dashboard, or a folder, which Grafana keeps in the same table."""

    id: int
    uid: str
    title: str
    model: Json
    folder_id: int = 0
    is_folder: bool = False
    version: int = 0
    created_by: str = "admin"
    updated_by: str = "admin"
    provisioned: str = ""
    history: list[Json] = field(default_factory=list)


@dataclass
class State:
    """Everything that is stored."""

    sources: list[Source] = field(default_factory=list)
    boards: list[Board] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    annotations: list[Json] = field(default_factory=list)
    groups: dict[tuple[str, str], Json] = field(default_factory=dict)
    receivers: list[Json] = field(default_factory=lambda: [dict(DEFAULT_RECEIVER)])
    timings: list[Json] = field(default_factory=list)
    policies: Json = field(default_factory=lambda: dict(DEFAULT_POLICIES))
    last_board: int = 0
    last_rule: int = 0
    last_version: int = 0

    def board(self, uid: str, *, folder: bool) -> Board | None:
        """The dashboard or folder of that uid."""
        found = (b for b in self.boards if b.uid == uid and b.is_folder is folder)
        return next(found, None)

    def board_by_id(self, number: int) -> Board | None:
        """The dashboard or folder of that number."""
        return next((b for b in self.boards if b.id == number), None)

    def source(self, uid: str) -> Source | None:
        """The data source of that uid."""
        return next((s for s in self.sources if s.model["uid"] == uid), None)

    def folder_of(self, board: Board) -> Board | None:
        """The folder that holds a dashboard; None for the General one."""
        return self.board_by_id(board.folder_id) if board.folder_id else None

    def add_board(self, board: Board) -> Board:
        """Takes a new dashboard or folder in."""
        self.last_board += 1
        board.id = self.last_board
        self.boards.append(board)
        return board

    def save(self, board: Board, message: str, who: str, restored: int = 0) -> None:
        """Makes the next version of a dashboard or folder."""
        parent = board.version
        board.version += 1
        board.updated_by = who
        self.last_version += 1
        board.model = {**board.model, "id": board.id, "version": board.version}
        board.history.append(
            {
                "id": self.last_version,
                "dashboardId": board.id,
                "parentVersion": parent,
                "restoredFrom": restored,
                "version": board.version,
                "created": NOW,
                "createdBy": who,
                # Whatever was said with it (pkg/api/dashboard.go, GetDashboardVersions).
                "message": "Initial save" if parent == 0 else message,
                "data": board.model,
                "first": parent == 0,
            }
        )


def folder_shape(folder: Board, *, admin: bool, modern: bool) -> Json:
    """A folder, asked for alone. To an Editor who has just made it 9.4 says that he may nothing."""
    may = admin or not modern
    shape = {
        "id": folder.id,
        "uid": folder.uid,
        "title": folder.title,
        "url": f"/dashboards/f/{folder.uid}/{slug(folder.title)}",
        "hasAcl": False,
        "canSave": may,
        "canEdit": may,
        "canAdmin": admin,
        "createdBy": folder.created_by,
        "created": NOW,
        "updatedBy": folder.updated_by,
        "updated": NOW,
        "version": folder.version,
    }
    return shape | ({"canDelete": admin} if modern else {})


def board_shape(board: Board, folder: Board | None, role: str, *, modern: bool) -> Json:
    """A dashboard with its ``meta``."""
    meta: Json = {
        "type": "db",
        "canSave": role != "Viewer",
        "canEdit": role != "Viewer",
        "canAdmin": role == "Admin",
        "canStar": True,
        "slug": slug(board.title),
        "url": f"/d/{board.uid}/{slug(board.title)}",
        "expires": NEVER,
        "created": NOW,
        "updated": NOW,
        "updatedBy": board.updated_by,
        "createdBy": board.created_by,
        "version": board.version,
        "hasAcl": False,
        "isFolder": False,
        "folderId": board.folder_id,
        "folderTitle": folder.title if folder else "General",
        "folderUrl": f"/dashboards/f/{folder.uid}/{slug(folder.title)}" if folder else "",
        "provisioned": bool(board.provisioned),
        "provisionedExternalId": board.provisioned,
    }
    if modern:
        may = dict.fromkeys(("canAdd", "canEdit", "canDelete"), role != "Viewer")
        meta |= {
            "canDelete": role != "Viewer",
            "folderUid": folder.uid if folder else "",
            "annotationsPermissions": {
                "dashboard": dict.fromkeys(may, True),
                "organization": may,
            },
            "hasPublicDashboard": False,
            "publicDashboardAccessToken": "",
            "publicDashboardUid": "",
            "publicDashboardEnabled": False,
        }
    return {"meta": meta, "dashboard": board.model}


def hit_shape(board: Board, folder: Board | None) -> Json:
    """A dashboard or folder as the search lists it."""
    hit: Json = {
        "id": board.id,
        "uid": board.uid,
        "title": board.title,
        "uri": f"db/{slug(board.title)}",
        "url": f"/d/{board.uid}/{slug(board.title)}",
        "slug": "",
        "type": "dash-db",
        "tags": board.model.get("tags", []),
        "isStarred": False,
        "sortMeta": 0,
    }
    if board.is_folder:
        url = f"/dashboards/f/{board.uid}/{slug(board.title)}"
        hit |= {"type": "dash-folder", "url": url, "tags": []}
    elif folder is not None:
        hit |= {
            "folderId": folder.id,
            "folderUid": folder.uid,
            "folderTitle": folder.title,
            "folderUrl": f"/dashboards/f/{folder.uid}/{slug(folder.title)}",
        }
    return hit
