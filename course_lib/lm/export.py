"""Our model as the GPT-NeoX of the transformers library, for the tools that others wrote."""

from einops import rearrange

from course_lib.errors import CourseError
from course_lib.lm.attention import ROTARY_BASE
from course_lib.lm.model import GPT
from course_lib.lm.tokenizer import END, PAD, SPECIALS

NAMES = {  # ours: theirs; replaced in this order
    "norm.": "gpt_neox.final_layer_norm.",
    "norm1": "input_layernorm",
    "norm2": "post_attention_layernorm",
    "embedding": "gpt_neox.embed_in",
    "blocks": "gpt_neox.layers",
    "attention.qkv": "attention.query_key_value",
    "attention.out": "attention.dense",
    "mlp.0": "mlp.dense_h_to_4h",
    "mlp.2": "mlp.dense_4h_to_h",
    "head": "lm_head",
}


def to_gpt_neox(model: GPT):
    """A transformers `GPTNeoXForCausalLM` with the same logits, in float32 on the same device.

    CourseError where transformers is not installed, or for positions that GPT-NeoX does not know.
    """
    try:
        from transformers import GPTNeoXConfig, GPTNeoXForCausalLM
    except ImportError:
        raise CourseError('transformers is missing: pip install -e ".[export]" adds it.') from None
    shape = model.config
    if shape.positions != "rope":
        raise CourseError(f"GPT-NeoX needs positions 'rope', and this has {shape.positions!r}.")
    config = GPTNeoXConfig(
        vocab_size=shape.vocab_size,
        hidden_size=shape.width,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=4 * shape.width,
        max_position_embeddings=shape.context,
        rope_parameters={
            "rope_type": "default",
            "rope_theta": float(ROTARY_BASE),
            "partial_rotary_factor": 1.0,  # the whole head turns
        },
        use_parallel_residual=False,  # first attention, then the 4× layer, as GPT-2 has it
        tie_word_embeddings=shape.tied,
        bos_token_id=None,
        eos_token_id=SPECIALS.index(END),  # where its `generate` stops
        pad_token_id=SPECIALS.index(PAD),
    )
    exported = GPTNeoXForCausalLM(config)
    exported.load_state_dict(_renamed(model))
    return exported.to(model.embedding.weight.device).eval()


def _renamed(model: GPT) -> dict:
    weights = {}
    for name, weight in model.state_dict().items():
        if "qkv" in name:  # (query, key, value) of all heads; theirs, head by head
            weight = rearrange(weight, "(n h d) ... -> (h n d) ...", n=3, h=model.config.heads)
        for ours, theirs in NAMES.items():
            name = name.replace(ours, theirs)
        weights[name] = weight
    return weights
