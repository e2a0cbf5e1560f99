"""YouTube Data API v3."""

from __future__ import annotations

from fractions import Fraction

from acervo.channels.kind import ChannelKind, Credential
from acervo.channels.requirements import Requirements
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
    requirements=Requirements(
        kinds=frozenset({"video"}), most_bytes=256 << 30, most_duration_s=12 * 3600, needs_title=True, title_most=100, title_forbids="<>",
        description_most_bytes=5000, tags_most=500, least_aspect=Fraction(1, 4), most_aspect=Fraction(4),
        mime_types=frozenset({"video/mp4", "video/quicktime", "video/mpeg", "video/x-msvideo", "video/webm", "video/x-matroska", "video/mp2t",
                              "application/mxf", "video/3gpp", "video/x-ms-wmv", "video/x-flv"}),
    ),
)  # fmt: skip
