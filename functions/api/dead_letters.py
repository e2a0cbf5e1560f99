"""Dead letters: events that a trigger gave up on, for the platform team to look at and to send again."""

from __future__ import annotations

import time
from typing import Any

from acervo import access
from acervo.database import Row, as_json, query
from acervo.problems import Problem
from functions.api import audit, cursors, given_up
from functions.api.endpoint import Ask, Reply, Table
from functions.api.models.administration import Nudge, PlatformState, Replayed, ReplayOrder, Step
from functions.api.models.platform import Accepted, DeadLetter, DeadLetterDetail, DeadLettersQuery
from functions.api.models.strict import Page

table = Table("dead letters")
LONGEST_REPLAY_S = 20.0


@table.get("/dead-letters", query=DeadLettersQuery, answers={200: Page[DeadLetter]}, problems=(403, 422))
def list_letters(ask: Ask, query: DeadLettersQuery) -> Reply:
    """Newest first."""
    access.require_platform(ask.caller)
    rows = _page(ask, query)
    more = len(rows) > query.limit
    items = [DeadLetter(**_shown(row)) for row in rows[: query.limit]]
    return Reply(Page[DeadLetter](items=items, next_cursor=cursors.encode(items[-1].id) if more else None))


def _page(ask: Ask, wanted: DeadLettersQuery) -> list[Row]:
    after = cursors.decode_number(wanted.cursor) if wanted.cursor else None
    with ask.database.transaction() as connection:
        return list(
            query.api_dead_letters(connection, waiting=wanted.waiting, after=after, limit=wanted.limit + 1)
        )


def _shown(row: Row) -> Row:
    why = given_up.why(row["answer"])
    known = {name: row[name] for name in DeadLetter.model_fields if name in row}
    return {**known, "reason_code": why.code, "reason": why.reason}


def _number(ask: Ask) -> int:
    text = ask.request.path_params["id"]
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise access.missing()
    return int(text)


@table.get("/dead-letters/{id}", answers={200: DeadLetterDetail}, problems=(403, 404))
def show(ask: Ask) -> Reply:
    """One dead letter with its event."""
    access.require_platform(ask.caller)
    with ask.database.transaction() as connection:
        row = query.api_dead_letter(connection, letter_id=_number(ask))
    if row is None:
        raise access.missing()
    return Reply(DeadLetterDetail(**_shown(row), event=row["event"]))


@table.post("/dead-letters/{id}/replay", answers={202: Accepted}, problems=(403, 404, 409))
def replay(ask: Ask) -> Reply:
    """Send the event again, as it was: consumers that did their part recognise it, the one that failed tries again."""
    access.require_platform(ask.caller)
    number = _number(ask)
    with ask.call.change() as work:
        row = query.api_mark_replayed(work.connection, letter_id=number)
        if row is None:
            if query.api_dead_letter(work.connection, letter_id=number) is None:
                raise access.missing()
            raise Problem(
                409, "replayed-before", "this dead letter was replayed; if it failed again there is a new one"
            )
        # not through `say`: an event that is not valid must be replayable too, once its reader can read it
        work.positions.append(query.say(work.connection, event=as_json(row["event"])))
        audit.write(
            work.connection, ask, "dead-letter.replay", event_id=row["event_id"], event_type=row["event_type"]
        )
    return Reply(Accepted(id=str(number), status="replayed"), 202)


@table.post("/dead-letters/replay", body=ReplayOrder, answers={200: Replayed}, problems=(403, 413, 415, 422))
def replay_many(ask: Ask, body: ReplayOrder) -> Reply:
    """Send those that fit again, oldest first, no faster than asked. Letters that fail again come back as new ones, and are not taken twice."""
    access.require_platform(ask.caller)
    fits = {"event_type": body.event_type, "destination": body.destination}
    with ask.database.transaction() as connection:
        fits["until"] = query.last_letter(connection)
    ends_at = time.monotonic() + LONGEST_REPLAY_S
    replayed = 0
    while replayed < body.limit and time.monotonic() < ends_at:
        began = time.monotonic()
        some = min(max(1, int(body.per_second)), body.limit - replayed)
        sent = _replay_some(ask, fits, some)
        replayed += sent
        if sent < some:
            break
        if replayed < body.limit:  # the rate that was asked for, not a wait for something to happen
            time.sleep(max(0.0, sent / body.per_second - (time.monotonic() - began)))
    with ask.database.transaction() as connection:
        left = query.count_letters(connection, **fits)
    return Reply(Replayed(replayed=replayed, left=left))


def _replay_some(ask: Ask, fits: dict[str, Any], some: int) -> int:
    with ask.call.change() as work:
        rows = list(query.take_letters(work.connection, **fits, limit=some))
        for row in sorted(rows, key=lambda row: row["id"]):
            work.positions.append(query.say(work.connection, event=as_json(row["event"])))
            audit.write(
                work.connection,
                ask,
                "dead-letter.replay",
                event_id=row["event_id"],
                event_type=row["event_type"],
            )
    return len(rows)


@table.get("/platform", answers={200: PlatformState}, problems=(403,))
def platform_state(ask: Ask) -> Reply:
    """What waits anywhere, how the steps of the pipeline do and with which models, and what reconcile last asked for again."""
    access.require_platform(ask.caller)
    with ask.database.transaction() as connection:
        state = query.platform_state(connection)
        steps = [Step(**row) for row in query.steps_lately(connection, most=2000)]
        nudges = [Nudge(**row) for row in query.latest_nudges(connection, limit=20)]
    return Reply(PlatformState(**state, steps=steps, nudges=nudges), headers={"cache-control": "no-store"})
