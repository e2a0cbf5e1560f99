"""How large the pictures are that enrichment makes: for models (the longer side at most), for a storyboard (inside this box)."""

from __future__ import annotations

FRAME_SIDE, PICTURE_SIDE = 1_280, 1_920
STORYBOARD_WIDTH, STORYBOARD_HEIGHT = 320, 180
