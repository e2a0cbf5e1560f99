"""What an account of a channel may still spend today, by the calendar of the channel (YouTube: midnight in California)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from acervo.database import query
from functions.publish.faults import Fault

if TYPE_CHECKING:
    from acervo.database import Database


def until_midnight_s(now: datetime, zone: str) -> float:
    """Seconds to the next midnight there: 23, 24 or 25 hours a day, as the clocks go."""
    here = now.astimezone(ZoneInfo(zone))
    midnight = datetime.combine(here.date() + timedelta(days=1), datetime.min.time(), ZoneInfo(zone))
    return midnight.timestamp() - here.timestamp()


class Quota:
    """Shared by all instances through the database, so that together they stay inside it."""

    def __init__(self, database: Database, now: datetime) -> None:
        self._database, self._now = database, now

    def spend(self, account: str, cost: int, most: int, zone: str) -> None:
        """Take `cost` from the day's `most`. Raises Fault `quota-exhausted` until the reset."""
        with self._database.transaction() as connection:
            left = query.spend_quota(connection, account=account, day=self._day(zone), cost=cost, most=most)
        if left is None:
            raise self.exhausted(zone)

    def exhaust(self, account: str, most: int, zone: str) -> Fault:
        """The channel says that the day's quota is used up; the fault to raise."""
        with self._database.transaction() as connection:
            query.exhaust_quota(connection, account=account, day=self._day(zone), most=most)
        return self.exhausted(zone)

    def exhausted(self, zone: str) -> Fault:
        wait_s = until_midnight_s(self._now, zone) + 60
        return Fault("quota-exhausted", "the channel's quota of today is used up", after_s=wait_s)

    def _day(self, zone: str) -> str:
        return self._now.astimezone(ZoneInfo(zone)).date().isoformat()
