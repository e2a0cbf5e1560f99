"""The channel's side of one step: secret, connector, call; whatever happens becomes an `Outcome`.

`begin_sending` commits before the channel hears a word, so whoever comes after a crash asks the channel (`find`) first.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, replace
from datetime import datetime
from random import SystemRandom
from typing import TYPE_CHECKING, Any

from acervo.channels.material import Rendition
from acervo.channels.texts import fingerprint, texts_of
from acervo.database import as_json, query
from acervo.errors import AcervoError
from acervo.objects import NotFound, Stored
from functions.publish import news, outcome, plan
from functions.publish.captions import webvtt
from functions.publish.claims import Claim
from functions.publish.connector import Connector, Job, Keeper, Receipt, Tools
from functions.publish.faults import Fault, Verdict
from functions.publish.outcome import Outcome
from functions.publish.plan import Keep, Poll, Send, Update, Withdraw
from functions.publish.quota import Quota
from functions.publish.states import State
from functions.publish.transfer import Control, LeaseLost, SliceOver, Stopped, Transfer
from functions.publish.vault import NO_SECRET, Secret, vault_of

if TYPE_CHECKING:
    from acervo.function import Call

log = logging.getLogger(__name__)
RANDOM = SystemRandom()
CAPTION_PAGE = 1000


class Doing:
    """The channel's side of one step."""

    def __init__(self, call: Call, claim: Claim, control: Control) -> None:
        self.call, self.claim, self.control = call, claim, control
        self.session: Mapping[str, Any] = claim.publication.session
        self.begun = claim.publication.begun
        control.sent_bytes = claim.publication.sent_bytes

    def run(self) -> Outcome:
        """What became of it; only LeaseLost and a database that is away get out."""
        publication = self.claim.publication
        try:
            return self._with_secret()
        except LeaseLost:
            raise
        except (SliceOver, Stopped):
            return outcome.interrupted(self._now())
        except Fault as fault:
            found = fault
        except NotFound:
            found = Fault("source-unavailable", "the rendition is not in the object store any more")
        except AcervoError as fault:
            if fault.code.startswith("database"):
                raise
            found = Fault("source-unavailable", fault.reason)
        except (
            Exception
        ):  # a defect of a connector ends as a failed attempt with a reason, never as a stuck row
            log.exception("%s of publication %s failed", self.claim.action, publication.id)
            found = Fault("internal", f"the connector for {self.claim.channel.type} failed")
        log.warning("%s of publication %s: %s", self.claim.action, publication.id, found)
        ended = outcome.faulty(self._now(), publication, self.claim.channel, found, self.claim.action, RANDOM)
        if ended.state is State.FAILED and ended.live:
            return replace(
                ended, due_s=self._left_s(plan.ends(publication, self.claim.asset)) or None
            )  # its rights end all the same
        return ended

    def look(self) -> Receipt | None:
        """What the channel shows right now; nothing is written. Raises Fault."""
        tools = Tools(
            objects=self.call.objects,
            quota=Quota(self.call.database, self.claim.now),
            timeout_s=self.call.settings.timeout_s,
        )
        with closing(
            self.claim.kind.connect(self.claim.channel, self._secret(fresh=False), tools)
        ) as connector:
            return connector.poll(self._job(self._known_rendition(), None, self._saved()))

    def _now(self) -> Outcome:
        """The row as far as we know it."""
        state = {
            "send": State.SENDING if self.begun else self.claim.publication.state,
            "withdraw": State.WITHDRAWING,
        }
        now = outcome.as_it_is(self.claim.publication, self.session, self.control.sent_bytes, self.begun)
        return replace(now, state=state.get(self.claim.action, now.state))

    def _with_secret(self) -> Outcome:
        """Act; when the channel refuses the secret, read it again and act once more if it was changed."""
        channel = self.claim.channel
        secret = self._secret(fresh=False)
        try:
            return self._act(secret)
        except Fault as fault:
            if fault.entry.verdict is not Verdict.REFUSED:
                raise
            fresh = self._secret(fresh=True)
            if fresh.version == secret.version:
                raise
            log.info("the secret of channel %s was rotated (version %d)", channel.id, fresh.version)
            return self._act(fresh)

    def _secret(self, fresh: bool) -> Secret:
        if not self.claim.kind.needs_secret:
            return NO_SECRET
        channel = self.claim.channel
        return vault_of(self.call.settings.vault).read(
            channel.type, channel.id, fresh=fresh, noted=self._note_secret
        )

    def _note_secret(self, result: str, version: int) -> None:
        """In the audit log before the secret is used: whose it is and for what; never a value of it."""
        with self.call.change() as work:
            claim = self.claim
            news.secret_asked(work, claim.publication, claim.channel, claim.asset.project_id, result, version)

    def _act(self, secret: Secret) -> Outcome:
        quota = Quota(self.call.database, self.claim.now)
        tools = Tools(objects=self.call.objects, quota=quota, timeout_s=self.call.settings.timeout_s)
        with closing(self.claim.kind.connect(self.claim.channel, secret, tools)) as connector:
            step = self.claim.step
            if isinstance(step, Send):
                return self._send(connector, step)
            if isinstance(step, Withdraw):
                return self._withdraw(connector, step)
            if isinstance(step, Update):
                return self._received(
                    connector.update(self._job(step.rendition, step.thumbnail, self._saved()))
                )
            if isinstance(step, Keep):
                return self._see_to_it(connector)
            return self._poll(connector, step)

    def _send(self, connector: Connector, step: Send) -> Outcome:
        publication = self.claim.publication
        stored = self.call.objects.head(step.rendition.bucket, step.rendition.key)
        known = publication.rendition
        if (
            self.begun
            and known
            and (known.get("key"), known.get("etag")) != (step.rendition.key, stored.etag)
        ):
            connector.withdraw(self._job(self._known_rendition(), None, self._saved()))
            self.session, self.begun = {}, False
            self._keep({})
        was_begun = self.begun
        self._begin(step.rendition, stored)
        job = self._job(step.rendition, step.thumbnail, stored)
        receipt = connector.find(job) if was_begun else None
        if receipt is None:
            receipt = connector.send(job)
            self.control.sent_bytes = stored.size
        return self._received(receipt)

    def _poll(self, connector: Connector, step: Poll) -> Outcome:
        receipt = connector.poll(self._job(step.rendition or self._known_rendition(), None, self._saved()))
        if receipt is None:
            raise Fault("gone-from-channel", "the channel does not have it any more")
        return self._received(receipt)

    def _see_to_it(self, connector: Connector) -> Outcome:
        """What is live stays live; nothing is said of it."""
        job = self._job(self._known_rendition(), None, self._saved())
        receipt = connector.keep(job) if isinstance(connector, Keeper) else connector.poll(job)
        if receipt is None:
            raise Fault("gone-from-channel", "the channel does not have it any more")
        now = self._now()
        seen = {**now.session, "seen_at": self.claim.now.isoformat()}
        return replace(now, session=seen, failures=0, due_s=self._ends_s(seen), channel_answered=True)

    def _received(self, receipt: Receipt) -> Outcome:
        """What the channel has, and which words it shows."""
        shown = fingerprint(texts_of(self.claim.asset, self.claim.publication.metadata, has_thumbnail=False))
        now = self._now()
        seen = {} if isinstance(self.claim.step, Update) else {"seen_at": self.claim.now.isoformat()}
        now = replace(now, session={**now.session, "texts": shown, **seen})
        return outcome.received(now, self.claim.publication, receipt, self._ends_s(now.session))

    def _withdraw(self, connector: Connector, step: Withdraw) -> Outcome:
        publication = self.claim.publication
        proof = connector.withdraw(self._job(self._known_rendition(), None, self._saved()))
        stamped = {**proof, "at": self.claim.now.isoformat()}
        return outcome.taken_down(
            self._now(), publication, (step.code, step.reason), stamped, for_good=not step.again
        )

    def _begin(self, rendition: Rendition, stored: Stored) -> None:
        saved = {**asdict(rendition), "detail": {}, "etag": stored.etag, "size_bytes": stored.size}
        with self.call.database.transaction() as connection:
            kept = query.begin_sending(
                connection, publication_id=self.claim.publication.id, owner=self.claim.owner, rendition=as_json(saved), total_bytes=stored.size
            )  # fmt: skip
        if kept is None:
            raise LeaseLost
        self.begun = True

    def _keep(self, session: Mapping[str, Any]) -> None:
        self.session = dict(session)
        with self.call.database.transaction() as connection:
            kept = query.keep_session(
                connection, publication_id=self.claim.publication.id, owner=self.claim.owner, session=as_json(session), sent_bytes=self.control.sent_bytes
            )  # fmt: skip
        if kept is None:
            raise LeaseLost

    def _known_rendition(self) -> Rendition:
        known = self.claim.publication.rendition
        return Rendition.of(
            {
                "detail": {},
                "profile": "",
                "status": "",
                "bucket": "",
                "key": "",
                "mime_type": "",
                "size_bytes": None,
                **known,
            }
        )

    def _saved(self) -> Stored:
        known = self.claim.publication.rendition
        return Stored(
            int(known.get("size_bytes") or 0),
            str(known.get("etag") or ""),
            str(known.get("mime_type") or ""),
            None,
            {},
        )

    def _job(self, rendition: Rendition, thumbnail: Rendition | None, stored: Stored) -> Job:
        claim = self.claim
        return Job(
            publication=claim.publication, channel=claim.channel, asset=claim.asset, rendition=rendition, thumbnail=thumbnail, now=claim.now,
            texts=texts_of(claim.asset, claim.publication.metadata, has_thumbnail=thumbnail is not None),
            transfer=Transfer(self.call.objects, rendition, stored, self.control, self.session, self._keep),
            captions=lambda: webvtt(self._segments()),
        )  # fmt: skip

    def _segments(self) -> Iterator[dict[str, Any]]:
        after = -1
        while True:
            with self.call.database.transaction() as connection:
                page = list(
                    query.caption_segments(
                        connection, asset_id=self.claim.asset.id, after=after, limit=CAPTION_PAGE
                    )
                )
            yield from page
            if len(page) < CAPTION_PAGE:
                return
            after = page[-1]["number"]

    def _ends_s(self, session: Mapping[str, Any]) -> float | None:
        """Until what is live must be looked at again."""
        kept = plan.kept_until(session, self.claim.kind.keeps)
        return self._left_s(plan.first(plan.ends(self.claim.publication, self.claim.asset), kept))

    def _left_s(self, moment: datetime | None) -> float | None:
        return None if moment is None else max(0.0, (moment - self.claim.now).total_seconds())
