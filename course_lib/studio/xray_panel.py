"""The X-ray as a panel: choose a problem and a task, let the solution grow, watch the beliefs."""

from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from html import escape

import ipywidgets as widgets

from course_lib.errors import CourseError
from course_lib.igsm import ProblemConfig
from course_lib.lm import GPT, Tokenizer
from course_lib.probes import TASKS, VProbe, beliefs_along
from course_lib.studio.ask_panel import ModelPanel, told, verdict
from course_lib.studio.panel import Choice, Knob, picture
from course_lib.studio.xray import draw_xray, summarise, title

PACE = 2500  # milliseconds a step when it plays


class XRay(ModelPanel):
    """What a model believes of every parameter while it writes its own solution."""

    def __init__(
        self,
        model: GPT,
        tokenizer: Tokenizer,
        probes: Mapping[str, VProbe],
        seed: int = 0,
        config: ProblemConfig | None = None,
    ) -> None:
        """Begin with the problem of a seed; `config` gives other problems than the test split's."""
        self.tasks = [*probes]
        self.beliefs_of = lru_cache(256)(
            lambda task, *wish: beliefs_along(probes[task], tokenizer, self.trace_of(*wish))
        )
        self.shown: tuple | None = None
        self.setting = False
        super().__init__(model, tokenizer, seed, config, ("xray",))

    def make_knobs(self, seed: int) -> dict[str, Knob | Choice]:
        """The task first, the step last."""
        step = Knob("step", 0, 1, 0)
        self.steps = (step.slider, step.number, widgets.Play(min=0, max=1, interval=PACE))
        widgets.link((self.steps[2], "value"), (step.slider, "value"))
        step.children = [self.steps[2], *step.children]
        moving = (task for task in self.tasks if not TASKS[task].once)  # these change as it writes
        task = Choice("task", next(moving, self.tasks[0]), self.tasks)
        return {"task": task, **super().make_knobs(seed), "step": step}

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
        text = told(found, step)
        if step == len(found.sentences):
            text += f"<br>{escape(verdict(found))}"
        return summary, {"xray": _beside(graph, text)}


def _beside(picture: str, text: str) -> str:
    """A picture with a text at its right, or below it where there is no room."""
    return (
        '<div style="display: flex; flex-wrap: wrap; gap: 1.5em; align-items: flex-start">'
        f'<div style="flex: 3 1 0; min-width: min-content">{picture}</div>'
        f'<p style="flex: 1 1 18em; line-height: 1.5">{text}</p></div>'
    )
