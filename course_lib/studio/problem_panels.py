"""Two panels about problems: drawn with other sizes, and solved step by step."""

import re
from dataclasses import replace
from html import escape
from typing import Any

from course_lib.igsm import Problem, ProblemConfig, english, sample_problem, verify_solution
from course_lib.studio.panel import Knob, Panel, paragraph, picture
from course_lib.studio.plots import draw_dependency, draw_structure

SIZES = {"layers": (2, 4, 3), "items": (2, 4, 3), "edges": (2, 48, 8), "op": (1, 30, 6)}


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
        text = problem.solution if solution is None else solution
        self.sentences = re.findall(r"Define .*?(?=\sDefine |$)", text.strip(), flags=re.S)
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
