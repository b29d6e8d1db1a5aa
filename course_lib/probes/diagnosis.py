"""What a model believed just before it wrote a sentence, a right or a wrong one (paper §5)."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

import torch
from torch.nn.utils.rnn import pad_sequence

from course_lib.errors import CourseError
from course_lib.lm.model import GPT
from course_lib.lm.tokenizer import Tokenizer
from course_lib.probes.examination import Belief, ask
from course_lib.probes.tasks import find_task
from course_lib.probes.trace import UNKNOWN, Trace
from course_lib.probes.vprobe import VProbe

BATCH = 64  # traces
EXPLANATIONS = (  # of a first wrong sentence, by what was believed just before
    "believed ready",  # can_next said yes though something was missing
    "believed next",  # nece_next said yes though it was not; can_next was right
    "not believed",  # neither said a false yes
    "slip",  # its parameter could be written: what is wrong stands later in the sentence
)


class Sentence(NamedTuple):
    """A sentence that a model wrote, and what it believed of its parameter just before."""

    trace: Trace
    step: int  # sentences written before
    parameter: int
    beliefs: dict[str, Belief]  # by task; those that are asked once are of the question's end
    own_doubt: float  # 1 minus the model's own probability of the parameter's two names

    @property
    def wrong(self) -> bool:
        """It is the first wrong one of its solution."""
        return self.step == self.trace.wrong_step

    @property
    def unnecessary(self) -> bool:
        """The question does not need its parameter."""
        return self.parameter not in self.trace.problem.order

    @property
    def slip(self) -> bool:
        """Wrong, though its parameter was ready and new: the fault stands later in the sentence."""
        again = self.parameter in self.trace.written[: self.step]
        fault = self.trace.fault if self.wrong else None
        return fault is not None and fault.kind != "not ready" and not again

    @property
    def explanation(self) -> str:
        """Which of `EXPLANATIONS` it has, by its beliefs in `can_next` and `nece_next`."""
        if self.slip:
            return "slip"
        for task, reason in zip(("can_next", "nece_next"), EXPLANATIONS, strict=False):
            belief = self.beliefs[task]
            if belief.truth == 0 and belief.answer == 1:
                return reason
        return "not believed"


def read_sentences(
    probes: Mapping[str, VProbe], model: GPT, tokenizer: Tokenizer, traces: Sequence[Trace]
) -> list[Sentence]:
    """All sentences of the traces up to the first wrong one, and with it, by solution.

    Left out are those about parameters that the problem does not have. CourseError for a probe of
    `dep`, which asks about two.
    """
    if "dep" in probes:
        raise CourseError("A sentence is about one parameter, and dep asks about two.")
    written = [_written(found) for found in traces]
    said = {task: _ask(probe, tokenizer, traces, written) for task, probe in probes.items()}
    doubts = own_doubts(model, tokenizer, traces)
    sentences = []
    for i, found in enumerate(traces):
        for place, (step, parameter) in enumerate(written[i]):
            beliefs = {task: said[task][i][place] for task in said}
            sentences.append(Sentence(found, step, parameter, beliefs, doubts[i][step]))
    return sentences


def _written(found: Trace) -> list[tuple[int, int]]:
    """Step and parameter of each sentence up to the first wrong one."""
    end = len(found.written) if found.wrong_step is None else found.wrong_step + 1
    return [(step, p) for step, p in enumerate(found.written[:end]) if p != UNKNOWN]


def _ask(probe: VProbe, tokenizer: Tokenizer, traces, written) -> list[list[Belief]]:
    task, asked = find_task(probe.config.task), []
    for found, pairs in zip(traces, written, strict=True):
        moments = [(0 if task.once else step, p) for step, p in pairs]
        queries = [task.at(found.problem, step, found.written)[p] for step, p in moments]
        asked.append((found.problem, queries))
    return ask(probe, tokenizer, asked, [found.script for found in traces])


@torch.inference_mode()
def own_doubts(model: GPT, tokenizer: Tokenizer, traces: Sequence[Trace]) -> list[list[float]]:
    """By trace and sentence 1 minus the model's probability of the names that it wrote."""
    doubts: list[list[float]] = [[] for _ in traces]
    order = sorted(range(len(traces)), key=lambda i: len(traces[i].script.ids))
    for first in range(0, len(order), BATCH):
        part = order[first : first + BATCH]
        texts = [torch.tensor(traces[i].script.ids) for i in part]
        ids = pad_sequence(texts, batch_first=True, padding_value=tokenizer.pad)
        shares = model(ids.to(model.embedding.weight.device)).float().softmax(-1).cpu()  # B T V
        for row, i in zip(shares, part, strict=True):
            script = traces[i].script
            for define in script.sentences[:-1]:  # its place; the names follow
                names = enumerate(script.ids[define + 1 : define + 3], start=define)
                doubts[i].append(1 - prod(float(row[place, name]) for place, name in names))
    return doubts
