"""What a file says about itself, from EXIF, IPTC, XMP or a container's tags, under one set of names. Pure.

{"title", "headline", "caption", "byline", "credit", "source", "copyright", "keywords": […], "created_at", "gps": {"lat", "lon",
"alt_m"}, "city", "country", "camera": {…}, "tags": {…}}; what is not there is left out. XMP is believed before IPTC, IPTC before EXIF.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from functions.ingest import exif

MAX_TEXT, MAX_KEYWORDS, MAX_TAGS = 10_000, 200, 100
PREFILLED = ("title", "description", "caption", "byline", "credit", "copyright", "keywords")
_FIELDS = ("title", "headline", "caption", "byline", "credit", "source", "copyright", "city", "country")
_TAGS = {
    "title": "title", "artist": "byline", "author": "byline", "comment": "caption", "description": "caption", "synopsis": "caption",
    "copyright": "copyright", "keywords": "keywords", "com.apple.quicktime.title": "title", "com.apple.quicktime.author": "byline",
    "com.apple.quicktime.description": "caption", "com.apple.quicktime.copyright": "copyright", "com.apple.quicktime.keywords": "keywords",
}  # fmt: skip
_DATES = ("com.apple.quicktime.creationdate", "creation_time", "date")
_PLACES = ("com.apple.quicktime.location.ISO6709", "location", "location-eng")
_ISO_6709 = re.compile(r"([+-]\d{1,2}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)([+-]\d+(?:\.\d+)?)?")
_DATE = re.compile(
    r"(\d{4})[:\-/]?(\d{2})[:\-/]?(\d{2})(?:[T ]?(\d{2}):?(\d{2})(?::?(\d{2}))?(?:\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?)?"
)


def of_image(
    exif_tags: Mapping[str, exif.Value], iptc: Mapping[str, Any], xmp: Mapping[str, Any]
) -> dict[str, Any]:
    """One answer from the three."""
    plain = {
        "caption": exif_tags.get("description"),
        "byline": exif_tags.get("artist"),
        "copyright": exif_tags.get("copyright"),
    }
    found: dict[str, Any] = {
        name: clean(value)
        for name in _FIELDS
        if (value := xmp.get(name) or iptc.get(name) or plain.get(name))
    }
    found["keywords"] = split_keywords(xmp.get("keywords") or iptc.get("keywords") or [])
    offset = exif_tags.get("offset")
    taken = exif_tags.get("taken")
    spoken = f"{taken}{offset if isinstance(offset, str) else ''}" if isinstance(taken, str) else ""
    found["created_at"] = date(spoken) or date(str(xmp.get("date", ""))) or date(f"{iptc.get('date', '')}")
    found["gps"] = _gps(exif_tags)
    camera = {name: clean(value) if isinstance(value, str) else round(value[0], 6)
              for name in ("make", "model", "lens", "iso", "f_number", "exposure_s", "focal_length_mm") if (value := exif_tags.get(name))}  # fmt: skip
    found["camera"] = camera
    return {name: value for name, value in found.items() if value}


def of_container(tags: Mapping[str, str]) -> dict[str, Any]:
    """From the tags of a film or a recording; the tags themselves are kept under `tags`."""
    found: dict[str, Any] = {}
    lower = {name.lower(): value for name, value in tags.items()}
    for tag, name in _TAGS.items():
        value = clean(lower.get(tag.lower(), ""))
        if value and name not in found:
            found[name] = split_keywords(re.split(r"[,;]", value)) if name == "keywords" else value
    found["created_at"] = next(
        (
            when
            for tag in _DATES
            if (when := date(lower.get(tag, ""))) and not when.startswith(("1970-01-01", "1904-01-01"))
        ),
        None,
    )
    place = next((match for tag in _PLACES if (match := _ISO_6709.match(lower.get(tag.lower(), "")))), None)
    if place:
        found["gps"] = {
            "lat": float(place[1]),
            "lon": float(place[2]),
            **({"alt_m": float(place[3])} if place[3] else {}),
        }
    found["tags"] = {
        clean(name)[:100]: clean(value) for name, value in list(tags.items())[:MAX_TAGS] if clean(value)
    }
    return {name: value for name, value in found.items() if value}


def prefill(metadata: Mapping[str, Any], embedded: Mapping[str, Any]) -> dict[str, Any]:
    """Editorial metadata with its empty fields filled from the file; what an editor wrote is never touched."""
    offered = {
        **embedded,
        "title": embedded.get("title") or embedded.get("headline"),
        "description": embedded.get("description"),
    }
    filled = {name: offered[name] for name in PREFILLED if offered.get(name) and not metadata.get(name)}
    return {**metadata, **filled}


def clean(value: Any) -> str:
    """Text without control characters and of a bounded length."""
    return "".join(c for c in str(value) if c in "\n\t" or c.isprintable()).strip()[:MAX_TEXT]


def split_keywords(values: list[str]) -> list[str]:
    """Each once, in their order."""
    return list(dict.fromkeys(word for value in values if (word := clean(value)[:200])))[:MAX_KEYWORDS]


def date(text: str) -> str | None:
    """RFC 3339 of the many ways in which files write a date; without a time zone when the file gives none."""
    match = _DATE.match(text.strip())
    if not match or not (match[1] >= "1800" and "01" <= match[2] <= "12" and "01" <= match[3] <= "31"):
        return None
    day = f"{match[1]}-{match[2]}-{match[3]}"
    if not match[4]:
        return day
    zone = match[7] or ""
    return f"{day}T{match[4]}:{match[5]}:{match[6] or '00'}" + (
        zone[:3] + ":" + zone[-2:] if len(zone) >= 5 else zone
    )


def _gps(tags: Mapping[str, exif.Value]) -> dict[str, float] | None:
    lat, lon = (
        exif.degrees(tags.get("gps_lat"), tags.get("gps_lat_ref")),
        exif.degrees(tags.get("gps_lon"), tags.get("gps_lon_ref")),
    )
    if lat is None or lon is None or abs(lat) > 90:
        return None
    height = tags.get("gps_alt")
    if not isinstance(height, list) or not height:
        return {"lat": lat, "lon": lon}
    below = tags.get("gps_alt_ref")
    sign = -1 if isinstance(below, list) and below and below[0] == 1 else 1
    return {"lat": lat, "lon": lon, "alt_m": round(sign * height[0], 2)}
