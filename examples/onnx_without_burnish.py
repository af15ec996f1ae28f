"""Answer texts with a specialist's ONNX form: no burnish, no torch, only onnxruntime, tokenizers and numpy.

python onnx_without_burnish.py runs/reviews/evaluate/specialist "Works as it should."
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

folder, texts = Path(sys.argv[1]), sys.argv[2:]
manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
session = onnxruntime.InferenceSession(str(folder / manifest["onnx"]))
tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
tokenizer.enable_truncation(manifest["longest"])
tokenizer.enable_padding()

encoded = tokenizer.encode_batch(texts)
inputs = {
    "input_ids": np.array([row.ids for row in encoded]),
    "attention_mask": np.array([row.attention_mask for row in encoded]),
}
(logits,) = session.run(["logits"], inputs)
exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
labels = manifest["targets"]["labels"]
for text, row in zip(texts, probabilities, strict=True):
    print(f"{labels[int(row.argmax())]}  {row.max():.4f}  {text}")
