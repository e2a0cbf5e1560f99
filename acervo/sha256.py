"""SHA-256 that can be put away between two blocks and taken up again by another process: libcrypto's, as hashlib uses it.

hashlib keeps its state to itself. OpenSSL's own SHA256_* calls (deprecated since 3.0, exported by 1.1 to 3.x) keep it in a plain struct whose
eight words, with the number of bytes, are all there is to know after whole blocks. Where they are missing, `RESUMABLE` is False and the
state is never given out.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import struct
from functools import cache
from typing import Any

BLOCK_BYTES, STATE_BYTES = 64, 32
LIBRARIES = ("libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.3.dylib")
_CHECKED = b"a block of text that is exactly sixty-four bytes, no more, no les"[:BLOCK_BYTES]


class _Context(ctypes.Structure):
    """SHA256_CTX of openssl/sha.h."""

    _fields_ = (
        ("words", ctypes.c_uint32 * 8),
        ("bits_low", ctypes.c_uint32),
        ("bits_high", ctypes.c_uint32),
        ("data", ctypes.c_uint32 * 16),
        ("waiting", ctypes.c_uint),
        ("digest_bytes", ctypes.c_uint),
    )


class Sha256:
    """As hashlib's, with `state`.

    Args:
        state: what `state()` gave, after `length` bytes.
    """

    def __init__(self, state: bytes | None = None, length: int = 0) -> None:
        if state is not None and (len(state) != STATE_BYTES or length % BLOCK_BYTES or _library() is None):
            raise ValueError("this state cannot be taken up here")
        self._library = _library()
        self._plain = hashlib.sha256()
        self._length = length
        self._context = _Context()
        if self._library:
            self._library.SHA256_Init(ctypes.byref(self._context))
        if state is not None:
            self._context.words = (ctypes.c_uint32 * 8)(*struct.unpack(">8I", state))
            self._context.bits_low, self._context.bits_high = length * 8 & 0xFFFFFFFF, length * 8 >> 32

    def update(self, data: bytes) -> None:
        """Without the GIL where the library is there."""
        self._length += len(data)
        if self._library:
            self._library.SHA256_Update(ctypes.byref(self._context), data, len(data))
        else:
            self._plain.update(data)

    def state(self) -> bytes | None:
        """None inside a block, and where nothing can be put away."""
        if self._library is None or self._length % BLOCK_BYTES:
            return None
        return struct.pack(">8I", *self._context.words)

    def hexdigest(self) -> str:
        if not self._library:
            return self._plain.hexdigest()
        last = _Context.from_buffer_copy(self._context)
        digest = ctypes.create_string_buffer(32)
        self._library.SHA256_Final(digest, ctypes.byref(last))
        return digest.raw.hex()


@cache
def _library() -> Any:
    """libcrypto, after it has been seen to do what is expected of it; else None."""
    for name in LIBRARIES:
        with contextlib.suppress(OSError, AttributeError):
            library = ctypes.CDLL(name)
            context = ctypes.POINTER(_Context)
            library.SHA256_Init.argtypes = [context]
            library.SHA256_Update.argtypes = [context, ctypes.c_char_p, ctypes.c_size_t]
            library.SHA256_Final.argtypes = [ctypes.c_char_p, context]
            first, second, digest = _Context(), _Context(), ctypes.create_string_buffer(32)
            library.SHA256_Init(ctypes.byref(first))
            library.SHA256_Update(ctypes.byref(first), _CHECKED, BLOCK_BYTES)
            library.SHA256_Init(ctypes.byref(second))
            second.words, second.bits_low = first.words, BLOCK_BYTES * 8
            library.SHA256_Update(ctypes.byref(second), b"abc", 3)
            library.SHA256_Final(digest, ctypes.byref(second))
            if digest.raw == hashlib.sha256(_CHECKED + b"abc").digest():
                return library
    return None


def resumable() -> bool:
    """Whether `state` is ever given here."""
    return _library() is not None
