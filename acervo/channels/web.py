"""The web: renditions copied to the delivery bucket, the origin of a CDN."""

from __future__ import annotations

from acervo.channels.kind import ChannelKind
from acervo.channels.requirements import Requirements
from acervo.channels.shapes import address, form, requirements, text

WEB = ChannelKind(
    type="web", title="Web", description="Copies to the delivery bucket, with a stable address for each publication.",
    schema=form(
        ("base_url",),
        base_url=address("Public address of the delivery bucket"),
        prefix=text("Folder in the bucket", 200, default="web", pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$"),
        requirements=requirements(),
    ),
    requirements=Requirements(single_file=False),
)  # fmt: skip
