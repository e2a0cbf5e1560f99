"""Facebook pages, Graph API."""

from __future__ import annotations

from fractions import Fraction

from acervo.channels.kind import ChannelKind, Credential
from acervo.channels.requirements import Requirements
from acervo.channels.shapes import address, form, requirements, text

FACEBOOK = ChannelKind(
    type="facebook", title="Facebook", description="The videos of a Facebook page.",
    schema=form(
        ("page_id",),
        page_id=text("Page", 100, pattern=r"^[A-Za-z0-9_.-]+$"),
        version=text("Version of the Graph API", 10, default="v21.0", pattern=r"^v\d+\.\d+$"),
        api_url=address("API", default="https://graph.facebook.com"),
        upload_url=address("Uploads", default="https://graph-video.facebook.com"),
        requirements=requirements(),
    ),
    credentials=(Credential("access_token", "Access token of the page"),),
    sets=(("access_token",),),
    requirements=Requirements(
        kinds=frozenset({"video"}), most_bytes=10 << 30, least_bytes=1024, most_duration_s=4 * 3600, least_duration_s=1, title_most=255,
        least_aspect=Fraction(9, 16), most_aspect=Fraction(16, 9),
    ),
)  # fmt: skip
