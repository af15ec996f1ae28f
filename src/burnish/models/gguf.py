"""Turn a GGUF file into a folder in Hugging Face's format, once: weights as plain float32, tokenizer, chat template."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from burnish.errors import UserError
from burnish.run_folder import replacing_folder


def folder_from_gguf(file: Path, place: Path) -> Path:
    """Convert a GGUF file, unless that has been done, and return the folder.

    Args:
        file: The GGUF file.
        place: The folder to write; its parent exists.

    Raises:
        UserError: The package `gguf` is missing, or the file is damaged or of a kind that transformers cannot read.
    """
    if place.is_dir():
        return place
    if find_spec("gguf") is None:
        raise UserError(
            "reading a GGUF file needs the package `gguf`", where=str(file), fix="pip install 'burnish[chat]'"
        )
    try:
        model, tokenizer = _opened(file)
    except Exception as error:  # gguf and transformers raise all kinds
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UserError(
            f"the GGUF file cannot be read: {reason}",
            where=str(file),
            fix="It may be damaged: fetch it again. Or give the model's folder with safetensors.",
        ) from error
    with replacing_folder(place) as written:
        model.save_pretrained(written)
        tokenizer.save_pretrained(written)
    return place


def _opened(file: Path) -> tuple[Any, Any]:
    """The model with plain weights, which transformers does not save while it takes them for quantised."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    folder = str(file.parent)
    quantised: Any = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file.name, dtype=torch.float32)
    tokenizer: Any = AutoTokenizer.from_pretrained(folder, gguf_file=file.name)
    described = quantised.config.to_dict()
    for name in ("quantization_config", "_name_or_path"):
        described.pop(name, None)
    plain = type(quantised.config).from_dict(described)
    model: Any = AutoModelForCausalLM.from_config(plain, dtype=torch.float32)
    model.load_state_dict(quantised.state_dict())
    model.generation_config = quantised.generation_config
    return model.eval(), tokenizer
