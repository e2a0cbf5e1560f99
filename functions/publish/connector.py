"""What a channel's connector is: one file that implements `Connector`, found by its type (entry point group `acervo.channels`).

A connector talks to one channel for one step and is thrown away. It raises `Fault`s from the table and nothing else on purpose.
It never decides whether to publish; it makes sure that sending twice publishes once: `find` is asked before anything that may
have been sent is sent again, and knows our publication by `job.publication.marker`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from acervo.channels.kind import ChannelKind
from acervo.channels.material import Asset, Rendition
from acervo.channels.requirements import Requirements
from acervo.channels.texts import Texts
from functions.publish.rows import Channel, Publication

if TYPE_CHECKING:
    from acervo.objects import Objects
    from functions.publish.quota import Quota
    from functions.publish.transfer import Transfer
    from functions.publish.vault import Secret


class Standing(StrEnum):
    """How a publication stands on the channel."""

    PROCESSING = "processing"
    LIVE = "live"


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the channel has. `again_s`: when to look again while it is processing."""

    external_id: str
    url: str | None = None
    standing: Standing = Standing.LIVE
    session: Mapping[str, Any] = field(default_factory=dict)
    again_s: float = 30.0


@dataclass(frozen=True, kw_only=True)
class Job:
    """Everything about one publication that a connector may use."""

    publication: Publication
    channel: Channel
    asset: Asset
    texts: Texts
    rendition: Rendition
    thumbnail: Rendition | None
    transfer: Transfer
    now: datetime
    captions: Callable[[], Iterator[str]]  # WebVTT, piece by piece; nothing when there is no transcript

    @property
    def marker(self) -> str:
        return self.publication.marker


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What a connector is made with, beside its channel and its secret."""

    objects: Objects
    quota: Quota
    timeout_s: float = 60.0


class Connector(Protocol):
    """One channel, for one step. Any method may raise `Fault`."""

    def find(self, job: Job) -> Receipt | None:
        """What the channel already has of this publication; None when it has nothing that is complete."""

    def send(self, job: Job) -> Receipt:
        """Bring the bytes and the words there; goes on where an earlier call stopped (`job.transfer.session`)."""

    def poll(self, job: Job) -> Receipt | None:
        """How it stands; None when the channel does not have it (any more)."""

    def update(self, job: Job) -> Receipt:
        """Bring the words up to date (the bytes are the same)."""

    def withdraw(self, job: Job) -> Mapping[str, Any]:
        """Take it down, then look; what the channel answered, as proof. Gone already is fine."""

    def close(self) -> None:
        """Let go of connections."""


@runtime_checkable
class Keeper(Protocol):
    """A connector whose channel forgets in time (`Kind.keeps`)."""

    def keep(self, job: Job) -> Receipt | None:
        """What is live stays so for as long again; None when it is gone."""


class Kind(Protocol):
    """A type of channel, before there is a secret: what a module's `KIND` is."""

    needs_secret: bool
    schedules: timedelta | None
    keeps: (
        timedelta | None
    )  # after so long what is live is looked at, and made new by a `Keeper`; None: the channel is believed

    @property
    def requirements(self) -> Requirements:
        """Of files and words."""

    def check(self, settings: Mapping[str, Any]) -> list[str]:
        """What is wrong with a channel's settings, each as a sentence."""

    def connect(self, channel: Channel, secret: Secret, tools: Tools) -> Connector:
        """A connector; may talk to the channel already."""


@dataclass(frozen=True, kw_only=True)
class ConnectorKind:
    """The plain `Kind`."""

    make: Callable[[Channel, Secret, Tools], Connector]
    told: ChannelKind  # what its settings are, what it takes
    needs_secret: bool = True
    schedules: timedelta | None = None
    keeps: timedelta | None = None

    @property
    def requirements(self) -> Requirements:
        return self.told.requirements

    def check(self, settings: Mapping[str, Any]) -> list[str]:
        return [str(fault) for fault in self.told.faults(settings)]

    def connect(self, channel: Channel, secret: Secret, tools: Tools) -> Connector:
        return self.make(channel, secret, tools)
