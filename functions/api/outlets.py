"""Where an asset can go, before it is sent: for every channel of its project what stands in the way, and how it measures up to the limits.

The same pure files decide here and in `publish` (acervo/channels, acervo/rights.py); nothing is asked of the channel itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Literal

from acervo import orders, rights
from acervo.access import Action
from acervo.channels import choice, fitting, kinds
from acervo.channels.fitting import Measure
from acervo.channels.material import Asset, Rendition
from acervo.channels.texts import texts_of
from acervo.database import Row, query
from functions.api import channels, cursors
from functions.api.assets import find
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models.outlets import Limit, Obstacle, Outlet, OutletFile, OutletsQuery
from functions.api.models.strict import Page

table = Table("publications")


@table.get("/assets/{id}/outlets", query=OutletsQuery, answers={200: Page[Outlet]}, problems=(404, 422))
def list_outlets(ask: Ask, query: OutletsQuery) -> Reply:
    """Channels of the asset's project, by id: whether it can go there, what is missing, and what the channel limits."""
    asset, renditions, rows = _read(ask, query)
    more = len(rows) > query.limit
    now, archive = datetime.now(UTC), ask.objects.archive
    items = [_outlet(ask, asset, renditions, row, now, archive) for row in rows[: query.limit]]
    following = cursors.encode(items[-1].channel.id) if more else None
    return Reply(Page[Outlet](items=items, next_cursor=following))


def _read(ask: Ask, wanted: OutletsQuery) -> tuple[Asset, list[Rendition], list[Row]]:
    after = cursors.decode_text(wanted.cursor) if wanted.cursor else ""
    with ask.database.transaction() as connection:
        row = find(ask, connection, Action.VIEW)
        found = query.visible_channels(
            connection, projects=[row["project_id"]], after=after, limit=wanted.limit + 1
        )
        rows = list(found)
        files = query.publication_renditions(connection, asset_id=row["id"])
        return Asset.of(row), [Rendition.of(file) for file in files], rows


def _outlet(
    ask: Ask, asset: Asset, renditions: Sequence[Rendition], row: Row, now: datetime, archive: str
) -> Outlet:
    chosen = choice.choose(row["profile"], asset, renditions, archive)
    file = chosen if isinstance(chosen, Rendition) else None
    obstacles = [
        *_channel(row, now), *_asset(asset), *_rights(asset, row, now), *_file(asset, row["profile"], chosen)
    ]  # fmt: skip
    limits = _limits(row, asset, renditions, file)
    if limits is None:
        obstacles.append(Obstacle(level="no", code="settings", detail="the channel's settings do not fit"))
    levels = {obstacle.level for obstacle in obstacles}
    fits = all(limit.fits for limit in limits or ())
    return Outlet(
        channel=channels.shown(ask, row), obstacles=obstacles, limits=limits or [],
        possible="no" if "no" in levels or not fits else "later" if levels else "now",
        file=OutletFile(profile=file.profile, mime_type=file.mime_type, size_bytes=file.size_bytes) if file else None,
    )  # fmt: skip


def _limits(
    row: Row, asset: Asset, renditions: Sequence[Rendition], file: Rendition | None
) -> list[Limit] | None:
    """None when the channel itself is not as its type wants it."""
    kind, settings = kinds().get(row["type"]), row["settings"]
    if kind is None or kind.faults(settings):
        return None
    try:
        needs = kind.requirements.tightened(settings.get("requirements", {}))
    except (ValueError, TypeError):  # of a type whose schema says nothing of them
        return None
    texts = texts_of(asset, {}, has_thumbnail=choice.thumbnail(renditions) is not None)
    return [_limit(one) for one in fitting.measure(needs, asset, file, texts)]


def _limit(one: Measure) -> Limit:
    return Limit(
        code=one.code, found=one.found, least=one.least, most=one.most, allowed=list(one.allowed),
        fits=one.fault is None, detail=one.fault,
    )  # fmt: skip


# -- what stands in the way -------------------------------------------------------------------------------------------
def _channel(row: Row, now: datetime) -> Iterator[Obstacle]:
    if not row["enabled"]:
        yield Obstacle(level="no", code="channel-off", detail="this channel is switched off")
    if row["open_until"] is not None and row["open_until"] > now:
        yield Obstacle(
            level="later", code="channel-down", detail="the channel does not answer", at=row["open_until"]
        )


def _asset(asset: Asset) -> Iterator[Obstacle]:
    if asset.status in ("error", "rejected"):
        yield Obstacle(level="no", code="asset-gone", detail=f"the asset is `{asset.status}`")
    elif asset.status != "ready":
        yield Obstacle(level="later", code="asset-not-ready", detail="the asset is still being processed")


def _rights(asset: Asset, row: Row, now: datetime) -> Iterator[Obstacle]:
    decision = rights.decide(
        asset.rights, channel_id=row["id"], channel_type=row["type"], territories=row["territories"], now=now
    )
    for code, detail in decision.reasons:
        level: Literal["later", "no"] = "later" if decision.is_only_early else "no"
        yield Obstacle(level=level, code=code, detail=detail, at=decision.not_before)


def _file(
    asset: Asset, profile: str, chosen: Rendition | choice.Order | choice.Unavailable
) -> Iterator[Obstacle]:
    if isinstance(chosen, choice.Unavailable):
        yield Obstacle(level="no", code="rendition-failed", detail=chosen.reason, profile=profile)
    elif isinstance(chosen, choice.Order) and asset.kind is not None:
        if profile in orders.PROFILES[asset.kind]:
            detail = f"the rendition {profile} is made first"
            yield Obstacle(level="later", code="rendition-missing", detail=detail, profile=profile)
        else:
            detail = f"{asset.kind} has no rendition {profile}, which the channel wants"
            yield Obstacle(level="no", code="no-rendition", detail=detail, profile=profile)
