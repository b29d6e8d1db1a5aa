"""The X-ray as a panel: choose a problem and a task, let the solution grow, watch the beliefs."""

import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from html import escape

import ipywidgets as widgets

from course_lib.errors import CourseError
from course_lib.igsm import Problem, ProblemConfig, reask, sample_problem
from course_lib.lm import GPT, Tokenizer
from course_lib.probes import TASKS, Trace, VProbe, beliefs_along, trace
from course_lib.studio.widgets import Choice, Knob, Panel, picture
from course_lib.studio.xray import draw_xray, summarise, title

PACE = 2500  # milliseconds a step when it plays


class XRay(Panel):
    """What a model believes of every parameter while it writes its own solution."""

    def __init__(
        self,
        model: GPT,
        tokenizer: Tokenizer,
        probes: Mapping[str, VProbe],
        seed: int = 0,
        config: ProblemConfig | None = None,
    ) -> None:
        """Begin with the problem of a seed; `config` gives other problems than the model's own."""
        self.config = config or replace(tokenizer.config, split="test")
        self.trace_of = lru_cache(64)(lambda *wish: trace(model, tokenizer, self.problem_of(*wish)))
        self.beliefs_of = lru_cache(256)(
            lambda task, *wish: beliefs_along(probes[task], tokenizer, self.trace_of(*wish))
        )
        op, most = self.config.op, 2 * self.config.max_op
        step = Knob("step", 0, 1, 0)
        self.steps = (step.slider, step.number, widgets.Play(min=0, max=1, interval=PACE))
        widgets.link((self.steps[2], "value"), (step.slider, "value"))
        step.children = [self.steps[2], *step.children]
        moving = (task for task in probes if not TASKS[task].once)  # these change as it writes
        knobs = {
            "task": Choice("task", next(moving, next(iter(probes))), probes),
            "seed": Knob("seed", 0, max(999, seed), seed),
            "op": Knob("op", 1, most, op or self.config.max_op, law=op is None),
            "another": Choice("another question (reask)", False),
            "step": step,
        }
        self.shown, self.setting = None, False
        super().__init__(knobs, ("xray",))

    def problem_of(self, seed: int, op: int | None, another: bool) -> Problem:
        """The problem that the knobs ask for."""
        problem = sample_problem(replace(self.config, op=op), seed)
        return reask(problem, random.Random(seed)) if another else problem

    def redraw(self, change: object = None) -> None:
        """Begin a new problem before its first sentence, and fill the views."""
        if self.setting:
            return
        wish = tuple(self.knobs[name].value for name in ("seed", "op", "another"))
        if wish != self.shown:
            self.shown, self.setting = wish, True
            with suppress(CourseError):  # it is shown below
                for part in self.steps:
                    part.value, part.max = 0, len(self.trace_of(*wish).sentences)
            self.setting = False
        super().redraw(change)

    def show(self, task: str, step: int, **wish: int | bool | None) -> tuple[str, dict[str, str]]:
        """Return what is right and wrong in words, the graph, and the text beside it."""
        found, moments = self.trace_of(*wish.values()), self.beliefs_of(task, *wish.values())
        moment = moments[min(step, len(moments) - 1)]
        summary = f"{task} ({TASKS[task].meaning}), asked {title(found, moment, step)}. "
        summary += summarise(found, moment)
        graph = picture(draw_xray, found, moment, alt=summary)
        return summary, {"xray": _beside(graph, _told(found, step))}


def _told(found: Trace, step: int) -> str:
    """The problem, what has been written, and what comes next; the first wrong step is marked."""
    parts = [escape(found.problem.problem), f"<b>{escape(found.problem.question)}</b><br>"]
    for number, sentence in enumerate(found.sentences):
        text = escape(sentence)
        if number == found.wrong_step:
            kind = found.fault.kind
            text = f'<span style="background: #8C1D40; color: white">{text} ({kind})</span>'
        if number == step - 1:
            text = f"<b>{text}</b>"
        if number >= step:
            text = f'<i style="opacity: 0.6">{text}</i>'
        parts.append(text)
    verdict = "The verifier: " + ("correct." if found.attempt.correct else "not correct.")
    if step == len(found.sentences):
        parts.append(f"<br>{verdict}")
    return " ".join(parts)


def _beside(picture: str, text: str) -> str:
    """A picture with a text at its right, or below it where there is no room."""
    return (
        '<div style="display: flex; flex-wrap: wrap; gap: 1.5em; align-items: flex-start">'
        f'<div style="flex: 3 1 0; min-width: min-content">{picture}</div>'
        f'<p style="flex: 1 1 18em; line-height: 1.5">{text}</p></div>'
    )
