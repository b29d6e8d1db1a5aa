"""The warning light as a panel: turn the threshold, see what is found and what it costs."""

from collections.abc import Mapping, Sequence

from course_lib.probes import warning_light
from course_lib.studio.mistakes import LIGHTS, draw_roc
from course_lib.studio.panel import Choice, Knob, Panel, picture


class WarningLight(Panel):
    """How many mistakes a light finds, and how often it shines in vain."""

    def __init__(self, lights: Mapping[str, Sequence[warning_light.Signal]], percent: int = 50):
        """Begin with the first of the lights, on from this percentage."""
        self.lights = dict(lights)
        knobs: dict[str, Knob | Choice] = {
            "name": Choice("light", next(iter(lights)), lights),
            "percent": Knob("on from %", 0, 100, percent),
        }
        super().__init__(knobs, ("curve",))

    def show(self, name: str, percent: int) -> tuple[str, dict[str, str]]:
        """Return what the light does in words, and its curve."""
        signals = self.lights[name]
        found = warning_light.alarms(signals, percent / 100)
        precision, recall, false = (found[key] for key in ("precision", "recall", "false_alarms"))
        summary = f"{LIGHTS[name][0]}, on from {percent} %: it never shines."
        if precision["n"]:
            summary = (
                f"{LIGHTS[name][0]}, on from {percent} %: it shines at {precision['n']} of "
                f"{len(signals)} sentences and finds {recall['count']} of {recall['n']} mistakes. "
                f"Of its alarms {precision['share']:.0%} are right; it disturbs "
                f"{false['count']} of {false['n']} right sentences."
            )
        view = picture(draw_roc, {name: signals}, alt=summary, threshold=percent / 100)
        return summary, {"curve": view}
