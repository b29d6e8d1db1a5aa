"""The exported model is the same function in another library."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch
from torch.testing import assert_close

from course_lib.errors import CourseError
from course_lib.lm import GPT, ModelConfig, generate, to_gpt_neox
from course_lib.lm.tokenizer import END, PAD, SPECIALS

V = 16
TOKENIZER = SimpleNamespace(pad=SPECIALS.index(PAD), end=SPECIALS.index(END))


def random_model(tied=False):
    """Every weight, bias and norm counts."""
    model = GPT(ModelConfig(V, layers=2, heads=3, width=24, context=64, tied=tied))
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in model.parameters():
            spread = 0.5 if weight.ndim == 2 else 0.1  # more, and it would only say one thing
            weight.add_(spread * torch.randn(weight.shape, generator=generator))
    return model


def random_ids(*shape):
    return torch.randint(V, shape, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
@pytest.mark.parametrize("tied", [False, True])
def test_logits_are_equal_also_from_disk(tied, tmp_path):
    transformers = pytest.importorskip("transformers")
    model, ids = random_model(tied), random_ids(3, 40)
    exported = to_gpt_neox(model)
    assert_close(exported(ids).logits, model(ids), rtol=1e-4, atol=1e-4)
    exported.save_pretrained(tmp_path)
    again = transformers.GPTNeoXForCausalLM.from_pretrained(tmp_path)
    assert_close(again(ids).logits, exported(ids).logits)
    assert exported.num_parameters() == model.config.parameter_count()


def test_generate_writes_the_same_tokens():
    pytest.importorskip("transformers")
    model, limit = random_model(), 24
    exported = to_gpt_neox(model)
    prompts = [random_ids(n).tolist() for n in range(1, 13)]
    expected = []
    for prompt in prompts:
        ids = torch.tensor([prompt])
        tokens = exported.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=limit, do_sample=False
        )
        expected.append(tokens[0, len(prompt) :].tolist())
    assert generate(model, TOKENIZER, prompts, limit) == expected
    assert len({len(row) for row in expected}) > 1  # some ended: it knows `<end>`


@pytest.mark.parametrize("positions", ["learned", "none"])
def test_other_positions_are_refused(positions):
    pytest.importorskip("transformers")
    config = ModelConfig(V, layers=1, heads=1, width=8, context=8, positions=positions)
    with pytest.raises(CourseError, match=positions):
        to_gpt_neox(GPT(config))


def test_missing_transformers_is_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)  # importing it fails
    with pytest.raises(CourseError, match="export"):
        to_gpt_neox(random_model())


def test_the_library_does_not_load_transformers():
    code = "import sys, course_lib.lm, course_lib.studio; sys.exit('transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
