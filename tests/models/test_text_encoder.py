"""Text encoders of four families: loaded, pooled, saved, restored; and everything that may be wrong with a folder."""

from __future__ import annotations

import io
import json
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from burnish.contracts import LoadedModel
from burnish.errors import UserError
from burnish.models.text_encoder import (
    HEAD_FILE,
    POOLING_FILE,
    beside,
    copy_base,
    load_text_encoder,
    pool,
    restore_text_encoder,
    save_text_encoder,
)
from tests.making import make_encoder

KINDS = ("bert", "roberta", "distilbert", "modernbert")
TEXTS = ["the great lovely box", "awful", "it was a very slow and noisy cable for the price"]


@pytest.fixture(scope="module")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {kind: make_encoder(tmp_path_factory.mktemp(kind), kind=kind) for kind in KINDS}


@pytest.fixture
def broken(encoders: dict[str, Path], tmp_path: Path) -> Path:
    """A copy of an encoder for a test to break."""
    return Path(shutil.copytree(encoders["bert"], tmp_path / "broken"))


def refusal(folder: Path, longest: int = 0) -> UserError:
    with pytest.raises(UserError) as caught:
        load_text_encoder(folder, 3, longest)
    assert caught.value.fix
    return caught.value


def logits(model: LoadedModel) -> torch.Tensor:
    batch = model.processor(TEXTS, padding=True, return_tensors="pt")
    with torch.inference_mode():
        return model.network(batch["input_ids"], batch["attention_mask"])  # type: ignore[no-any-return]


def with_random_head(model: LoadedModel) -> LoadedModel:
    torch.manual_seed(1)
    torch.nn.init.normal_(model.network.head.weight)  # type: ignore[arg-type, union-attr]
    torch.nn.init.normal_(model.network.head.bias)  # type: ignore[arg-type, union-attr]
    return model


@pytest.mark.parametrize("kind", KINDS)
def test_methods_find_what_they_need(kind: str, encoders: dict[str, Path]) -> None:
    model = load_text_encoder(encoders[kind], 3, 0)
    network = model.network
    assert len(model.blocks) == 2
    assert [type(network.get_submodule(block)) for block in model.blocks] == [
        type(network.get_submodule(model.blocks[0]))
    ] * 2
    assert model.blocks[0].endswith(".0")
    assert model.blocks[1].endswith(".1")
    assert len(model.adaptable) == {"bert": 12, "roberta": 12, "distilbert": 12, "modernbert": 8}[kind]
    for name in model.adaptable:
        assert isinstance(network.get_submodule(name), torch.nn.Linear)
        assert name.startswith(model.blocks)
    assert isinstance(network.get_submodule(model.embeddings), torch.nn.Embedding)
    assert network.get_submodule(model.head) is network.head
    assert model.longest == 64
    assert not network.training


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_head_answers_nothing_yet(kind: str, encoders: dict[str, Path]) -> None:
    assert torch.equal(logits(load_text_encoder(encoders[kind], 3, 0)), torch.zeros(3, 3))


@pytest.mark.parametrize("pooling", ["mean", "cls"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_restored_gives_the_same_bits(
    kind: str, pooling: str, encoders: dict[str, Path], tmp_path: Path
) -> None:
    model = with_random_head(load_text_encoder(encoders[kind], 3, 0))
    model.network.pooling = pooling  # type: ignore[assignment]
    save_text_encoder(model, tmp_path)
    restored = restore_text_encoder(tmp_path, 3, 0)
    assert restored.network.pooling == pooling
    assert torch.equal(logits(restored), logits(model))
    assert logits(model).abs().sum() > 0
    assert restored.longest == model.longest
    assert {path.suffix for path in tmp_path.iterdir()} <= {".json", ".safetensors", ""}


def test_padding_does_not_change_an_answer(encoders: dict[str, Path]) -> None:
    for kind in KINDS:
        model = with_random_head(load_text_encoder(encoders[kind], 3, 0))
        alone = model.processor(TEXTS[1:2], return_tensors="pt")
        with torch.inference_mode():
            single = model.network(alone["input_ids"], alone["attention_mask"])
        assert torch.allclose(single[0], logits(model)[1], atol=1e-5), kind


def test_pooling_by_hand() -> None:
    states = torch.tensor([[[1.0, 2.0], [3.0, 4.0], [100.0, 100.0]], [[5.0, 6.0], [7.0, 8.0], [9.0, 10.0]]])
    mask = torch.tensor([[1, 1, 0], [1, 1, 1]])
    assert pool(states, mask, "mean").tolist() == [[2.0, 3.0], [7.0, 8.0]]
    assert pool(states, mask, "cls").tolist() == [[1.0, 2.0], [5.0, 6.0]]
    assert pool(states, torch.zeros(2, 3), "mean").tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_a_word_and_its_neighbours_by_hand() -> None:
    states = torch.tensor([[[9.0], [1.0], [3.0], [5.0], [7.0], [9.0]]])
    words = torch.tensor([[0, 1, 1, 2, 3, 0]])
    found = [[0.0, 0.0, 0.0], [2.0, 0.0, 5.0], [2.0, 0.0, 5.0], [5.0, 2.0, 7.0], [7.0, 5.0, 0.0], [0.0, 0.0, 0.0]]
    assert beside(states, words)[0].tolist() == found


@pytest.mark.parametrize("kind", KINDS)
def test_a_share_of_the_blocks_is_loaded_and_restored(kind: str, encoders: dict[str, Path], tmp_path: Path) -> None:
    model = load_text_encoder(encoders[kind], 3, 0, by_unit=True, depth=0.5)
    assert len(model.blocks) == 1
    save_text_encoder(model, tmp_path)
    assert len(restore_text_encoder(tmp_path, 3, 0, by_unit=True).blocks) == 1


@pytest.mark.parametrize(
    ("settings", "pooling"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
        ({"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}, "mean"),
        ({"pooling_mode": "cls", "embedding_dimension": 32}, "cls"),
        ({"pooling_mode": "mean"}, "mean"),
        ({"pooling_mode": "max"}, "mean"),
    ],
)
def test_pooling_as_sentence_transformers_write_it(settings: dict[str, Any], pooling: str, broken: Path) -> None:
    (broken / POOLING_FILE).parent.mkdir()
    (broken / POOLING_FILE).write_text(json.dumps(settings))
    assert load_text_encoder(broken, 3, 0).network.pooling == pooling


def test_without_pooling_settings_the_mean_is_taken(broken: Path) -> None:
    assert load_text_encoder(broken, 3, 0).network.pooling == "mean"


@pytest.mark.parametrize("content", ["{", "[]", "\xff"])
def test_garbled_pooling_settings(content: str, broken: Path) -> None:
    (broken / POOLING_FILE).parent.mkdir()
    (broken / POOLING_FILE).write_bytes(content.encode("latin-1"))
    assert POOLING_FILE in refusal(broken).where


@pytest.mark.parametrize("keep", [0, 4, 100, 5000, -100])
def test_weights_cut_short(keep: int, broken: Path) -> None:
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:keep])
    assert refusal(broken).where == str(broken)


def test_corrupted_weights(broken: Path) -> None:
    weights = broken / "model.safetensors"
    weights.write_bytes(b"\xff" * weights.stat().st_size)
    assert "cannot be loaded" in refusal(broken).what


def test_missing_weights(broken: Path) -> None:
    (broken / "model.safetensors").unlink()
    assert "no file named model.safetensors" in refusal(broken).what


def test_some_weights_missing(broken: Path) -> None:
    """They would start at random, and nobody would know."""
    tensors = load_file(broken / "model.safetensors")
    del tensors["encoder.layer.1.output.dense.weight"]
    save_file(tensors, broken / "model.safetensors", metadata={"format": "pt"})
    error = refusal(broken)
    assert "1 missing (first: encoder.layer.1.output.dense.weight)" in error.what
    assert "at random" in error.fix


def test_a_missing_pooler_is_no_loss(broken: Path) -> None:
    """We pool ourselves."""
    whole = load_text_encoder(broken, 3, 0)
    tensors = {k: v for k, v in load_file(broken / "model.safetensors").items() if not k.startswith("pooler.")}
    save_file(tensors, broken / "model.safetensors", metadata={"format": "pt"})
    assert torch.equal(logits(with_random_head(load_text_encoder(broken, 3, 0))), logits(with_random_head(whole)))


def test_weights_of_another_shape(broken: Path, tmp_path: Path) -> None:
    wider = make_encoder(tmp_path / "wider", width=48)
    shutil.copyfile(wider / "model.safetensors", broken / "model.safetensors")
    assert refusal(broken).where == str(broken)


def test_no_config(broken: Path) -> None:
    (broken / "config.json").unlink()
    assert "cannot be loaded" in refusal(broken).what


@pytest.mark.parametrize("config", ["", "{", "[1]", '"text"', "{}", '{"model_type": "no-such-model"}', "\xff\xfe"])
def test_a_garbled_config(config: str, broken: Path) -> None:
    (broken / "config.json").write_bytes(config.encode("latin-1"))
    assert refusal(broken).where == str(broken)


def test_a_model_that_is_no_encoder(broken: Path) -> None:
    import transformers

    sizes: dict[str, Any] = {"d_model": 16, "d_kv": 8, "d_ff": 16, "num_layers": 1, "num_heads": 2, "vocab_size": 100}
    transformers.T5Model(transformers.T5Config(**sizes)).save_pretrained(broken)
    assert refusal(broken).what == "a 't5' model is not a text encoder"


@pytest.mark.parametrize("kind", KINDS)
def test_no_tokenizer(kind: str, encoders: dict[str, Path], tmp_path: Path) -> None:
    """transformers would make one that knows no word at all."""
    folder = Path(shutil.copytree(encoders[kind], tmp_path / "x"))
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    assert "tokenizer" in refusal(folder).what


@pytest.mark.parametrize("content", ["", "{}", "nonsense"])
def test_a_garbled_tokenizer(content: str, broken: Path) -> None:
    (broken / "tokenizer.json").write_text(content)
    assert "tokenizer" in refusal(broken).what


def test_a_tokenizer_of_another_model(broken: Path) -> None:
    """Its tokens would lie outside the embedding."""
    path = broken / "tokenizer.json"
    tokenizer = json.loads(path.read_text())
    tokenizer["model"]["vocab"] |= {f"word{number}": 1000 + number for number in range(500)}
    path.write_text(json.dumps(tokenizer))
    assert "tokens, the model only" in refusal(broken).what


def test_a_tokenizer_without_padding(broken: Path) -> None:
    path = broken / "tokenizer_config.json"
    kept = {k: v for k, v in json.loads(path.read_text()).items() if k not in {"pad_token", "tokenizer_class"}}
    path.write_text(json.dumps({**kept, "tokenizer_class": "PreTrainedTokenizerFast"}))
    assert refusal(broken).what == "the model's tokenizer has no padding token"


@pytest.mark.parametrize("kind", KINDS)
def test_the_longest_input(kind: str, encoders: dict[str, Path], tmp_path: Path) -> None:
    assert load_text_encoder(encoders[kind], 3, 20).longest == 20
    error = refusal(encoders[kind], longest=65)
    assert error.what == "`longest: 65` is more than the 64 tokens that this model takes"
    assert error.where == "data.longest"

    folder = Path(shutil.copytree(encoders[kind], tmp_path / "x"))
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps({**settings, "model_max_length": int(1e30)}))
    model = load_text_encoder(folder, 3, 0)
    assert model.longest == {"bert": 66, "roberta": 65, "distilbert": 66, "modernbert": 66}[kind]
    ids = torch.full((1, model.longest), 7)
    with torch.inference_mode():
        assert model.network(ids, torch.ones_like(ids)).shape == (1, 3)
        if kind != "modernbert":  # which has no table of positions to run out of
            more = torch.full((1, model.longest + 1), 7)
            with pytest.raises((IndexError, RuntimeError)):
                model.network(more, torch.ones_like(more))


class Malicious:
    """Writes a file when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (str(self.trace), "w")


def old_archive(value: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def bare_pickle(value: Any) -> bytes:
    return pickle.dumps(value)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("packed", [old_archive, bare_pickle])
@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.safetensors"])
def test_a_pickle_that_would_run_code_is_refused_without_running_it(
    packed: Any, name: str, broken: Path, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    content = packed({"encoder.layer.0.output.dense.weight": Malicious(trace)})
    (broken / "model.safetensors").unlink()
    (broken / name).write_bytes(content)
    assert refusal(broken).where == str(broken)
    assert not trace.exists()
    torch.load(io.BytesIO(old_archive(Malicious(trace))), weights_only=False)
    assert trace.exists(), "the trap works"


def test_honest_old_weights_are_read(broken: Path) -> None:
    """The same bits as from safetensors."""
    expected = logits(with_random_head(load_text_encoder(broken, 3, 0)))
    tensors = load_file(broken / "model.safetensors")
    (broken / "model.safetensors").unlink()
    torch.save(tensors, broken / "pytorch_model.bin")
    assert torch.equal(logits(with_random_head(load_text_encoder(broken, 3, 0))), expected)


def test_code_beside_the_weights_does_not_run(broken: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    config = json.loads((broken / "config.json").read_text())
    own = {**config, "model_type": "own", "auto_map": {"AutoConfig": "own.Config", "AutoModel": "own.Model"}}
    (broken / "config.json").write_text(json.dumps(own))
    (broken / "own.py").write_text(f"open({str(trace)!r}, 'w')")
    assert "cannot be loaded" in refusal(broken).what
    assert not trace.exists()


@pytest.mark.parametrize("damage", ["missing", "cut short", "another shape"])
def test_a_head_that_cannot_be_restored(damage: str, encoders: dict[str, Path], tmp_path: Path) -> None:
    save_text_encoder(with_random_head(load_text_encoder(encoders["bert"], 3, 0)), tmp_path)
    head = tmp_path / HEAD_FILE
    match damage:
        case "missing":
            head.unlink()
        case "cut short":
            head.write_bytes(head.read_bytes()[:-7])
        case "another shape":
            save_file({"weight": torch.zeros(5, 32), "bias": torch.zeros(5)}, head)
    with pytest.raises(UserError) as caught:
        restore_text_encoder(tmp_path, 3, 0)
    assert caught.value.where == str(head)
    assert caught.value.fix


def test_copying_takes_what_loading_needs_and_no_more(broken: Path, tmp_path: Path) -> None:
    (broken / "1_Pooling").mkdir()
    (broken / POOLING_FILE).write_text('{"pooling_mode_cls_token": true}')
    (broken / "model.py").write_text("raise SystemExit")
    (broken / "picture.png").write_bytes(b"x")
    copy_base(broken, tmp_path / "copy")
    copied = {str(path.relative_to(tmp_path / "copy")) for path in (tmp_path / "copy").rglob("*") if path.is_file()}
    assert copied == {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", POOLING_FILE}
    first, second = (with_random_head(load_text_encoder(folder, 3, 0)) for folder in (broken, tmp_path / "copy"))
    assert torch.equal(logits(first), logits(second))
