"""YouTube Data API v3."""

from __future__ import annotations

from acervo.channels.kind import ChannelKind, Credential
from acervo.channels.shapes import address, choice, form, requirements, switch, text, whole

PRIVACY = ("public", "unlisted", "private")
_defaults = form(
    (),
    privacy=choice("Privacy", *PRIVACY, default="public"),
    category_id=text("Category", 10, default="25", pattern=r"^\d+$"),
    made_for_kids=switch("Made for kids", False),
    embeddable=switch("May be embedded", True),
)

YOUTUBE = ChannelKind(
    type="youtube", title="YouTube", description="A channel on YouTube: videos with cover, captions and playlist.",
    schema=form(
        (),
        defaults={**_defaults, "title": "Unless a publication says otherwise"},
        playlist_id=text("Playlist", 100, pattern=r"^[A-Za-z0-9_-]+$"),
        captions=switch("Send captions from the transcript", True),
        daily_units=whole("Quota of the project, units a day", 1, 2**53, default=10_000),
        quota_account=text("Whose quota it is", 200, description="Channels of one project share a quota; by default each has its own."),
        costs={"type": "object", "title": "Units a method costs", "maxProperties": 50, "additionalProperties": whole("Units", 0, 1_000_000)},
        api_url=address("API", default="https://www.googleapis.com"),
        token_url=address("Tokens", default="https://oauth2.googleapis.com/token"),
        requirements=requirements(),
    ),
    credentials=(
        Credential("client_id", "OAuth client"), Credential("client_secret", "OAuth client secret"), Credential("refresh_token", "Refresh token"),
    ),
    sets=(("client_id", "client_secret", "refresh_token"),),
)  # fmt: skip
