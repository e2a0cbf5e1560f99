"""Facebook pages, Graph API."""

from __future__ import annotations

from acervo.channels.kind import ChannelKind, Credential
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
)  # fmt: skip
