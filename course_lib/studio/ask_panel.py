"""A model at work as a panel: choose a problem, read what it writes and what the verifier says."""

import random
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from html import escape

from course_lib.igsm import Problem, ProblemConfig, reask, sample_problem
from course_lib.lm import GPT, Tokenizer
from course_lib.probes import Trace, trace
from course_lib.studio.panel import Choice, Knob, Panel, paragraph


class ModelPanel(Panel):
    """A model and the problem that the knobs choose; a subclass shows what is made of it."""

    def __init__(
        self,
        model: GPT,
        tokenizer: Tokenizer,
        seed: int = 0,
        config: ProblemConfig | None = None,
        views: Iterable[str] = ("text",),
    ) -> None:
        """Begin with the problem of a seed; `config` gives other problems than the test split's."""
        self.config = config or replace(tokenizer.config, split="test")
        self.trace_of = lru_cache(64)(lambda *wish: trace(model, tokenizer, self.problem_of(*wish)))
        super().__init__(self.make_knobs(seed), views)

    def make_knobs(self, seed: int) -> dict[str, Knob | Choice]:
        """Which problem: its seed, its op, and whether another question is asked."""
        op, most = self.config.op, self.config.max_op
        return {
            "seed": Knob("seed", 0, max(999, seed), seed),
            "op": Knob("op", 1, 2 * most, op or most, law=op is None),
            "another": Choice("another question (reask)", False),
        }

    def problem_of(self, seed: int, op: int | None, another: bool) -> Problem:
        """The problem that the knobs ask for."""
        problem = sample_problem(replace(self.config, op=op), seed)
        return reask(problem, random.Random(seed)) if another else problem


class AskModel(ModelPanel):
    """Ask a model about any problem of its world, also about longer ones than it was trained on."""

    def show(self, **wish: int | bool | None) -> tuple[str, dict[str, str]]:
        """Return the verdict in words, and problem and solution as text."""
        found = self.trace_of(*wish.values())
        op, most = found.problem.op, self.config.max_op
        asked = f"op {op}" + (f", {op - most} more than in training" if op > most else "")
        return f"{asked}. {verdict(found)}", {"text": paragraph(told(found, len(found.sentences)))}


def verdict(found: Trace) -> str:
    """What the verifier says of a model's solution."""
    if found.attempt.correct:
        return "The solution is correct."
    fault = found.attempt.verdict.first_error
    if fault:
        return f"Not correct ({fault.kind}): {fault.message}"
    return "No answer is given." if found.attempt.answer is None else "The answer is another."


def told(found: Trace, step: int) -> str:
    """The problem, what has been written, and what comes next; the first wrong step is marked."""
    parts = [escape(found.problem.problem), f"<b>{escape(found.problem.question)}</b><br>"]
    for number, sentence in enumerate(found.sentences):
        text = escape(sentence)
        if found.fault and number == found.wrong_step:
            kind = found.fault.kind
            text = f'<span style="background: #8C1D40; color: white">{text} ({kind})</span>'
        if number == step - 1:
            text = f"<b>{text}</b>"
        if number >= step:
            text = f'<i style="opacity: 0.6">{text}</i>'
        parts.append(text)
    return " ".join(parts)
