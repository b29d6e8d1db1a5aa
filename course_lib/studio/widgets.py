"""Panels with knobs: pictures and texts that follow a slider, a number box or the keyboard.

No `Output` widgets, which can hang headless runs, and no pyplot, whose figures are shared: a panel
writes HTML into its views whenever a knob is turned.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from html import escape
from io import BytesIO
from typing import Any

import ipywidgets as widgets
import matplotlib as mpl
from matplotlib.figure import Figure

from course_lib.errors import CourseError
from course_lib.igsm import Problem, ProblemConfig, english, sample_problem, verify_solution
from course_lib.studio.plots import draw_dependency, draw_structure

SIZES = {"layers": (2, 4, 3), "items": (2, 4, 3), "edges": (2, 48, 8), "op": (1, 30, 6)}


class Knob(widgets.HBox):
    """A whole number, set with a slider or typed, or left to the law where that is offered."""

    def __init__(self, name: str, low: int, high: int, value: int, law: bool | None = None):
        """`law` says whether the law draws the number at first; None does not offer it."""
        limits = {"min": low, "max": high, "value": value, "tooltip": name}
        self.slider = widgets.IntSlider(
            **limits, description=name, continuous_update=False, readout=False
        )
        self.number = widgets.BoundedIntText(**limits, layout={"width": "5em"})
        self.law = widgets.Checkbox(bool(law), description="drawn by the law", indent=False)
        widgets.link((self.slider, "value"), (self.number, "value"))
        for part in (self.slider, self.number):
            widgets.dlink((self.law, "value"), (part, "disabled"))
        shown = {True: "hidden", False: "visible"}.get  # the law draws another number than that
        widgets.dlink((self.law, "value"), (self.number.layout, "visibility"), shown)
        super().__init__([self.slider, self.number] + [self.law] * (law is not None))

    @property
    def value(self) -> int | None:
        """The number chosen, or None where the law draws it."""
        return None if self.law.value else self.slider.value

    def watch(self, react: Callable) -> None:
        """Call `react` with the change whenever the value changes."""
        self.slider.observe(react, "value")
        self.law.observe(react, "value")


class Choice(widgets.HBox):
    """One of some words, or yes or no where these are given as a bool."""

    def __init__(self, name: str, value: str | bool, options: Iterable[str] = ()):
        """Begin with this value."""
        if isinstance(value, bool):
            self.box = widgets.Checkbox(value, description=name, indent=False)
        else:
            self.box = widgets.ToggleButtons(
                options=[*options], value=value, tooltips=[name] * len([*options])
            )
            self.box.style.button_width = "auto"
        super().__init__([self.box])

    @property
    def value(self) -> str | bool:
        """What is chosen."""
        return self.box.value

    def watch(self, react: Callable) -> None:
        """Call `react` with the change whenever the value changes."""
        self.box.observe(react, "value")


class Panel(widgets.VBox):
    """Knobs, a sentence that sums up what is seen, and views below.

    A subclass has `show(**values of the knobs)`, which returns the summary and the HTML of the
    views by name. A wish that raises CourseError shows its sentence instead.
    """

    def __init__(self, knobs: Mapping[str, Knob | Choice], views: Iterable[str]):
        """Draw the first state."""
        self.knobs = dict(knobs)
        self.summary = widgets.HTML()
        self.views = {name: widgets.HTML(layout={"overflow": "auto"}) for name in views}
        super().__init__([*self.knobs.values(), self.summary, *self.views.values()])
        for knob in self.knobs.values():
            knob.watch(self.redraw)
        self.redraw()

    def redraw(self, change: object = None) -> None:
        """Fill the views for the knobs as they stand."""
        self.summary.value = "<p>Drawing ...</p>"  # a rare wish takes seconds
        try:
            summary, contents = self.show(**{name: k.value for name, k in self.knobs.items()})
        except CourseError as error:
            summary, contents = str(error), {}
        self.summary.value = paragraph(escape(summary), 'role="status" aria-live="polite"')
        for name, view in self.views.items():
            view.value = contents.get(name, "")

    def show(self, *_: Any, **values: Any) -> tuple[str, dict[str, str]]:
        """Return the summary and the HTML of every view."""
        raise NotImplementedError


class ProblemExplorer(Panel):
    """Turn sizes and seed, see the graphs, the text and the solution of the problem drawn."""

    def __init__(self, config: ProblemConfig | None = None, seed: int = 0):
        """Begin with this config (`med` if none) and seed."""
        self.config = config or ProblemConfig.preset("med")
        knobs = {"seed": Knob("seed", 0, max(999, seed), seed)}
        for name, (low, high, start) in SIZES.items():
            wish = getattr(self.config, name)
            knobs[name] = Knob(name, low, high, wish or start, law=wish is None)
        super().__init__(knobs, ("structure", "dependency", "text", "solution"))

    def show(self, seed: int, **sizes: Any) -> tuple[str, dict[str, str]]:
        """Return a summary of the problem and its pictures and texts."""
        problem = sample_problem(replace(self.config, **sizes), seed)
        summary = summarise(problem)
        return summary, {
            "structure": picture(draw_structure, problem, alt=f"Structure graph. {summary}"),
            "dependency": picture(draw_dependency, problem, alt=f"Dependency graph. {summary}"),
            "text": _told(problem),
            "solution": paragraph(f"<b>Solution.</b> {escape(problem.solution)}"),
        }


class SolutionStepper(Panel):
    """Step through a solution: what is computed, ready and next, and what the verifier says."""

    def __init__(self, problem: Problem, solution: str | None = None):
        """Step through the problem's own solution, or through any text meant as one."""
        self.problem = problem
        self.sentences = re.findall(
            r"Define .*?\d\.(?= Define|$)", problem.solution if solution is None else solution
        )
        last = len(self.sentences)
        super().__init__({"step": Knob("step", 0, last, 0)}, ("text", "dependency"))

    def show(self, step: int) -> tuple[str, dict[str, str]]:
        """Return the verdict on the text so far, the text, and the graph at that moment."""
        told = [sentence.removeprefix("Define ") for sentence in self.sentences]
        names = [re.split(" as |[;.]", sentence, maxsplit=1)[0] for sentence in told]
        following = names[step] if step < len(names) else None
        verdict = self.verdict(step)
        alt = f"Computed: {', '.join(names[:step]) or 'nothing'}. Next: {following or 'nothing'}."
        there = set(map(str, self.problem.parameters))  # a wrong text may speak of others
        known = {"known": [n for n in names[:step] if n in there], "following": following}
        return f"Step {step} of {len(names)}. {verdict}", {
            "text": _emphasised(self.sentences[:step]),
            "dependency": picture(draw_dependency, self.problem, alt=alt, **known),
        }

    def verdict(self, step: int) -> str:
        """What the verifier says of the first sentences."""
        problem, text = self.problem, " ".join(self.sentences[:step])
        found = verify_solution(problem.problem, problem.question, text, problem.modulus)
        extra = f" Unnecessary: {', '.join(found.unnecessary)}." if found.unnecessary else ""
        fault = found.first_error
        if fault is None:
            return f"Correct, the answer is {found.answer}.{extra}"
        if fault.kind == "wrong answer" and step < len(self.sentences):
            return f"No mistake so far, the question is still open.{extra}"
        return f"Mistake ({fault.kind}): {fault.message}{extra}"


@mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "course"})
def picture(draw: Callable, *data: object, alt: str, **options: object) -> str:
    """An HTML image of what `draw(*data, ax=..., **options)` draws; `alt` says it in words."""
    figure, file = Figure(), BytesIO()
    draw(*data, ax=figure.add_subplot(), **options)
    figure.savefig(file, format="svg", metadata={"Date": None})  # thrice as fast as PNG, and crisp
    source = f"data:image/svg+xml;base64,{b64encode(file.getvalue()).decode()}"
    # A narrow window scrolls what it could only show too small to read.
    style = f"max-width: 100%; min-width: {0.75 * figure.get_figwidth():.2f}in"
    return f'<img alt="{escape(alt)}" style="{style}" src="{source}">'


def summarise(problem: Problem) -> str:
    """The sizes of a problem in a sentence."""
    items, parameters = sum(map(len, problem.layers)), len(problem.parameters)
    return (
        f"{len(problem.layers)} layers ({' > '.join(problem.categories)}) with {items} items; "
        f"{problem.ip} instance and {parameters - problem.ip} abstract parameters, "
        f"{len(problem.order)} of them necessary; op {problem.op}, answer {problem.answer}."
    )


def _told(problem: Problem) -> str:
    """The problem's text with the necessary sentences marked."""
    told = []
    for p in problem.sentences:
        pieces = english.sentence_pieces(p, problem.definitions[p], problem.labels)
        text = escape(english.join(pieces))
        told.append(f"<mark>{text}</mark>" if p in problem.order else text)
    told.append(f"<b>{escape(problem.question)}</b> (Marked: necessary.)")
    return paragraph(" ".join(told))


def _emphasised(sentences: list[str]) -> str:
    """Sentences as text, the last one bold."""
    *before, last = map(escape, sentences or ["Nothing is written yet."])
    return paragraph(" ".join([*before, f"<b>{last}</b>"]))


def paragraph(html: str, attributes: str = "") -> str:
    """Lines set as in the text of a lesson; the widgets' own stand far apart."""
    return f'<p style="line-height: 1.5" {attributes}>{html}</p>'
