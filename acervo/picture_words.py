"""Words into the space of a picture model (CLIP and its kin) by ONNX Runtime: its `text.onnx` and `tokenizer.json`, as Hugging Face's exporters write them.

Token ids (and a mask, where the network wants one) in, a vector a row out, in `text_embeds` where there are several outputs. Who puts pictures into
the space (enrich) and who asks for them (search) use the same words.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from acervo.errors import Permanent
from acervo.onnx_session import open_session

if TYPE_CHECKING:
    import numpy as np

    Vectors = np.ndarray[Any, np.dtype[np.float32]]  # rows

TEXT, TOKENS = "text.onnx", "tokenizer.json"
DIMENSIONS = 512  # of every picture model: the length that the table's index and `nearest_pictures` are for
USUAL_TOKENS, MOST_CHARACTERS = 77, 2_000


class PictureWords:
    """The tower of words of one model; `label` is what embeddings.model says. For one thread at a time."""

    def __init__(self, directory: Path, label: str, device: str = "cpu", threads: int = 1) -> None:
        """
        Raises:
            Permanent: a file is missing, or no model of this kind.
        """
        from tokenizers import Tokenizer

        self.label = label
        self._session = open_session(directory / TEXT, device, threads)
        try:
            self._tokenizer = Tokenizer.from_file(str(directory / TOKENS))
        except Exception as fault:  # the library raises nothing narrower
            raise Permanent("model-unfit", f"model {label}: {TOKENS} is no tokenizer") from fault
        shape = self._session.get_inputs()[0].shape
        length = shape[1] if len(shape) == 2 and isinstance(shape[1], int) else None
        known = self._tokenizer
        known.enable_truncation(length or (known.truncation or {}).get("max_length", USUAL_TOKENS))
        if length:
            known.enable_padding(**{**(known.padding or {}), "length": length})
        else:
            known.no_padding()

    def question(self, text: str) -> Vectors:
        """One row of length 1 for what somebody asks; all zero where the network says nothing. One by one, so that nothing has to be padded that
        the network does not want padded.

        Raises:
            Permanent: the network is of another kind.
        """
        import numpy as np

        plain = text[:MOST_CHARACTERS].replace("\x00", " ").encode("utf-8", "replace").decode()
        found = self._tokenizer.encode(plain)
        names = [one.name for one in self._session.get_inputs()]
        given = {
            name: np.array([found.attention_mask if "mask" in name else found.ids], np.int64)
            for name in names
        }
        return rows_of(self._session, given, "text_embeds", self.label)


def rows_of(session: Any, given: Mapping[str, Any], usual: str, label: str) -> Vectors:
    """What a network says, rows made of length 1; `usual`: the output that is meant where there are several.

    Raises:
        Permanent: the network is of another kind.
    """
    import numpy as np

    names = [one.name for one in session.get_outputs()]
    try:
        (rows,) = session.run([usual if usual in names else names[0]], dict(given))
    except Exception as fault:  # its exception classes are not public
        raise Permanent("model-unfit", f"model {label} does not take what CLIP takes") from fault
    found = np.nan_to_num(np.asarray(rows, np.float32), posinf=0, neginf=0)
    if found.ndim != 2 or found.shape[1] != DIMENSIONS:
        raise Permanent("model-unfit", f"model {label} gives no vectors of {DIMENSIONS} numbers")
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    vectors: Vectors = (found / np.where(lengths > 1e-6, lengths, 1)).astype(np.float32)
    return vectors
