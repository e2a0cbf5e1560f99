"""What is looked at or listened to on a screen: a URL of a rendition that is made for it. Rights never hide an asset from those who may see it.

A download is for taking away, and the asset's rights stand against it; a view is for the page. What is as good as the master is none: `tiles`
has every pixel, so it takes what a download of the master takes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from acervo import orders
from acervo.access import Action
from acervo.database import query
from acervo.objects import PRESIGN_S
from acervo.problems import Problem
from acervo.rights import Use
from functions.api import audit
from functions.api.assets import find
from functions.api.downloads import check_rights, file_name
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models.views import View, ViewOrder

table = Table("streaming")


@table.post(
    "/assets/{id}/views", body=ViewOrder, answers={200: View}, problems=(403, 404, 409, 413, 415, 422)
)
def view(ask: Ask, body: ViewOrder) -> Reply:
    """A URL of a rendition that is shown or played where it is; for films there is `/streams`."""
    lives_s = PRESIGN_S
    with ask.database.transaction() as connection:
        row = find(ask, connection, Action.STREAM)
        known = query.api_rendition(connection, asset_id=row["id"], profile=body.what)
        if known is None or known["status"] != "ready":
            standing = "not made" if known is None else known["status"]
            raise Problem(409, "no-view", f"the rendition `{body.what}` is {standing}", field="what")
        if body.what == orders.TILES:
            lives_s, _ = check_rights(ask, connection, row, Use.DOWNLOAD, False, master=True)
        audit.write(
            connection, ask, "look", asset_id=str(row["id"]), project_id=row["project_id"], object=body.what
        )
    name = file_name(row["name"], body.what, known["key"])
    url = ask.objects.presign_get(known["bucket"], known["key"], lives_s, file_name=name, inline=True)
    expires_at = datetime.now(UTC) + timedelta(seconds=lives_s)
    return Reply(
        View(url=url, expires_at=expires_at, mime_type=known["mime_type"], size_bytes=known["size_bytes"]),
        headers={"cache-control": "no-store"},
    )
