"""Rules that publish by themselves: everything of a project with a tag, once ready. Looked at dry before they act."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

from acervo import access, problems, rights
from acervo.access import Action
from acervo.database import Connection, Row, as_json, query
from functions.api import audit, cursors
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models.publications import Candidate, PublicationsQuery, Rule, RuleSet, RulesQuery
from functions.api.models.strict import Page
from functions.api.once import HEADER
from functions.api.projects import find_project

table = Table("publication rules")


def _shown(row: Row) -> Rule:
    return Rule(**{name: row[name] for name in Rule.model_fields})


@table.get("/publication-rules", query=RulesQuery, answers={200: Page[Rule]}, problems=(404, 422))
def list_rules(ask: Ask, query: RulesQuery) -> Reply:
    """The rules of one project."""
    rows = _page(ask, query)
    more = len(rows) > query.limit
    items = [_shown(row) for row in rows[: query.limit]]
    return Reply(Page[Rule](items=items, next_cursor=cursors.encode(items[-1].id) if more else None))


def _page(ask: Ask, wanted: RulesQuery) -> list[Row]:
    after = cursors.decode_id(wanted.cursor) if wanted.cursor else None
    with ask.database.transaction() as connection:
        find_project(ask, connection, wanted.project, Action.VIEW)
        return list(
            query.list_publication_rules(
                connection, project_id=wanted.project, after=after, limit=wanted.limit + 1
            )
        )


@table.post(
    "/publication-rules",
    body=RuleSet,
    answers={201: Rule},
    problems=(403, 404, 409, 413, 415, 422),
    headers=HEADER,
    once=True,
)
def make_rule(ask: Ask, body: RuleSet) -> Reply:
    """Make a rule; it acts on assets that become ready or change while it is enabled."""
    with ask.database.transaction() as connection:
        return Reply(_put(ask, connection, str(uuid4()), body, ask.caller.user), 201)


@table.get("/publication-rules/{id}", answers={200: Rule}, problems=(404,))
def show_rule(ask: Ask) -> Reply:
    """One rule."""
    with ask.database.transaction() as connection:
        return Reply(_shown(_find(ask, connection, Action.VIEW)))


@table.put("/publication-rules/{id}", body=RuleSet, answers={200: Rule}, problems=(403, 404, 413, 415, 422))
def set_rule(ask: Ask, body: RuleSet) -> Reply:
    """Set a rule as a whole. Its project stays."""
    with ask.database.transaction() as connection:
        row = _find(ask, connection, Action.ADMINISTER)
        if body.project_id != row["project_id"]:
            raise problems.invalid([{"field": "project_id", "detail": "cannot be changed", "code": "fixed"}])
        return Reply(_put(ask, connection, str(row["id"]), body, row["created_by"]))


def _find(ask: Ask, connection: Connection, action: Action) -> Row:
    row: Row | None = query.get_publication_rule(connection, rule_id=ask.uuid())
    if row is None:
        raise access.missing()
    find_project(ask, connection, row["project_id"], action)
    return row


def _put(ask: Ask, connection: Connection, rule_id: str, body: RuleSet, created_by: str) -> Rule:
    find_project(ask, connection, body.project_id, Action.ADMINISTER)
    if query.get_channel(connection, channel_id=body.channel_id) is None:
        raise problems.invalid(
            [{"field": "channel_id", "detail": "there is no such channel", "code": "no-such-channel"}]
        )
    columns = {**body.model_dump(), "metadata": as_json(body.metadata)}
    query.put_publication_rule(connection, id=rule_id, **columns, created_by=created_by)
    audit.write(
        connection, ask, "rule.set", project_id=body.project_id, rule_id=rule_id, channel=body.channel_id,
        enabled=body.enabled,
    )  # fmt: skip
    return _shown(query.get_publication_rule(connection, rule_id=rule_id))


@table.delete("/publication-rules/{id}", answers={204: None}, problems=(403, 404))
def delete_rule(ask: Ask) -> Reply:
    """What it has published stays."""
    with ask.database.transaction() as connection:
        row = _find(ask, connection, Action.ADMINISTER)
        query.delete_publication_rule(connection, rule_id=row["id"])
        audit.write(connection, ask, "rule.delete", project_id=row["project_id"], rule_id=str(row["id"]))
    return Reply(status=204)


@table.get(
    "/publication-rules/{id}/matches",
    query=PublicationsQuery,
    answers={200: Page[Candidate]},
    problems=(404, 422),
)
def dry_run(ask: Ask, query: PublicationsQuery) -> Reply:
    """Dry run: ready assets that the rule would publish and that are not there yet, and what their rights say."""
    rows, channel = _candidates(ask, query)
    more = len(rows) > query.limit
    now = datetime.now(UTC)
    items = [_candidate(row, channel, now) for row in rows[: query.limit]]
    following = cursors.encode(items[-1].asset_id) if more else None
    return Reply(Page[Candidate](items=items, next_cursor=following))


def _candidates(ask: Ask, wanted: PublicationsQuery) -> tuple[list[Row], Row]:
    after: UUID | None = cursors.decode_id(wanted.cursor) if wanted.cursor else None
    with ask.database.transaction() as connection:
        rule = _find(ask, connection, Action.VIEW)
        names = ("project_id", "kind", "tag", "channel_id", "profile")
        rows = query.rule_candidates(
            connection, **{name: rule[name] for name in names}, after=after, limit=wanted.limit + 1
        )
        return list(rows), query.get_channel(connection, channel_id=rule["channel_id"])


def _candidate(row: Row, channel: Row, now: datetime) -> Candidate:
    decision = rights.decide(
        row["rights"], channel_id=channel["id"], channel_type=channel["type"], territories=channel["territories"], now=now
    )  # fmt: skip
    return Candidate(
        asset_id=row["id"], name=row["name"], kind=row["kind"], allowed=decision.allowed,
        reasons=[detail for _, detail in decision.reasons], reason_codes=[code for code, _ in decision.reasons],
    )  # fmt: skip
