"""Where events enter and who wants them: the ingress's rules without HTTP."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from knative.local.broker.filters import wants
from knative.local.broker.message import Message, admit
from knative.local.broker.queue import Entry, Queue, Write
from knative.local.metrics import Metrics
from knative.local.plan import Plan, TriggerPlan


class Expired(ValueError):
    """The event passed too many times (`knativebrokerttl`)."""


class Broker:
    """All brokers of the plan. `on_events` is called after each commit, to wake the dispatcher."""

    def __init__(self, plan: Plan, queue: Queue, metrics: Metrics) -> None:
        self._triggers: dict[str, list[TriggerPlan]] = defaultdict(list)
        for trigger in plan.triggers:
            self._triggers[trigger.broker].append(trigger)
        self.names = frozenset(plan.brokers)
        self._queue = queue
        self._metrics = metrics
        self.on_events: Callable[[], None] = lambda: None

    async def accept(self, broker: str, messages: Iterable[Message], acknowledges: int | None = None) -> None:
        """Returns once all are durable, together with the acknowledgement of the delivery they reply to.

        Raises:
            Expired: one has passed too often; none entered.
            QueueUnavailable: none entered.
        """
        entries = self.entries(broker, messages)
        if entries or acknowledges is not None:
            await self._queue.write(Write(entries=entries, done=acknowledges))
        if entries:
            self.on_events()

    def entries(self, broker: str, messages: Iterable[Message]) -> list[Entry]:
        """The events that somebody wants, with who does. What nobody wants is dropped, as Knative does."""
        entries = []
        now = datetime.now(UTC)
        for message in messages:
            admitted = admit(message, now)
            if admitted is None:
                self._metrics.ttl_drops.labels(broker).inc()
                raise Expired("knativebrokerttl is used up")
            attributes = admitted.attributes()
            triggers = tuple(trigger.name for trigger in self._triggers[broker] if wants(trigger, attributes))
            if triggers:
                entries.append(Entry(admitted, triggers))
            else:
                self._metrics.unwanted.labels(broker).inc()
        return entries
