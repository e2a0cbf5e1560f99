"""ONNX Runtime sessions: on the CPU with a bounded number of threads, on a GPU where the image has that provider."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from acervo.errors import Permanent


def open_session(path: Path, device: str, threads: int) -> Any:
    """Raises Permanent: the file is no model, or this image has no support for the device."""
    import onnxruntime  # type: ignore[import-untyped]  # ships no types

    wanted = "CUDAExecutionProvider" if device == "cuda" else "CPUExecutionProvider"
    if wanted not in onnxruntime.get_available_providers():
        raise Permanent(
            "device-missing", f"this image has no {wanted}: install onnxruntime-gpu, or choose the CPU"
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.enable_cpu_mem_arena = False  # pictures of many shapes would each leave their memory behind
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=[wanted])
    except Exception as fault:  # its exception classes are not public
        raise Permanent("model-altered", f"{path.name} is no model that ONNX Runtime can run") from fault
