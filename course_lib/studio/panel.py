"""What panels are made of: knobs, pictures and texts that follow a slider, a box or the keyboard.

No `Output` widgets, which can hang headless runs, and no pyplot, whose figures are shared: a panel
writes HTML into its views whenever a knob is turned.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from html import escape
from io import BytesIO
from typing import Any

import ipywidgets as widgets
import matplotlib as mpl
from matplotlib.figure import Figure

from course_lib.errors import CourseError


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


def paragraph(html: str, attributes: str = "") -> str:
    """Lines set as in the text of a lesson; the widgets' own stand far apart."""
    return f'<p style="line-height: 1.5" {attributes}>{html}</p>'
