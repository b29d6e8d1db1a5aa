"""One token per meaning: a name, a number, a letter, or the fixed words between them."""

import re
from collections.abc import Iterable
from functools import cached_property

from course_lib.errors import CourseError
from course_lib.igsm.config import LETTERS, ProblemConfig
from course_lib.igsm.english import OF, PHRASES, join
from course_lib.igsm.orders import breadth_first

PAD, PROBLEM, SOLUTION, ANSWER, END = "<pad>", "<problem>", "<solution>", "<answer>", "<end>"
START, MID, FINISH = "<start>", "<mid>", "<stop>"  # of queries (paper §4.1) and plans
SPECIALS = (PAD, PROBLEM, SOLUTION, ANSWER, END, START, MID, FINISH, "<back>")  # that for Part 2.2


class Tokenizer:
    """Text to token numbers and back, for every problem in a config's slice of the world.

    A sequence is `<problem> problem question <solution> solution <answer> N <end>`, in `qp` form
    with the question first (the paper's layout). `ids` maps pieces to numbers, `pieces` back.
    """

    def __init__(self, config: ProblemConfig) -> None:
        """Lists the vocabulary in a fixed order: specials, phrases, letters, numbers, names."""
        self.config = config
        numbers = map(str, range(config.modulus))
        self.pieces = tuple(
            dict.fromkeys((*SPECIALS, *PHRASES, *LETTERS, *numbers, *config.world.names))
        )
        self.ids = {piece: number for number, piece in enumerate(self.pieces)}
        self.pad, self.solution, self.answer, self.end = (
            self.ids[special] for special in (PAD, SOLUTION, ANSWER, END)
        )

    def __len__(self) -> int:
        """The size V of the vocabulary."""
        return len(self.pieces)

    @cached_property
    def _piece(self) -> re.Pattern:
        fixed = _any_of(piece for piece in self.pieces if piece in PHRASES or piece in SPECIALS)
        words = _any_of(piece for piece in self.pieces if piece not in PHRASES)
        return re.compile(rf"(?:{OF})?((?<!\w){words}(?!\w)|{fixed})")  # no letter inside a word

    def encode_problem(self, problem) -> tuple[list[int], list[int]]:
        """The prompt (up to and with `<solution>`) and the target (solution, answer, `<end>`).

        With a plan the target begins with `<start> A <mid> B ... <stop>`: "backward" lists what is
        necessary, from the question on, each parameter after one that needs it; "filler" says the
        question's parameter as many times, which takes as long and tells only how many there are.
        """
        first, second = problem.problem_pieces, problem.question_pieces
        if problem.config.form == "qp":
            first, second = second, first
        prompt = (PROBLEM, *first, *second, SOLUTION)
        plan = _plan(problem) if problem.config.plan != "none" else ()
        target = (*plan, *problem.solution_pieces, ANSWER, str(problem.answer), END)
        return self.numbers(prompt), self.numbers(target)

    def numbers(self, pieces: Iterable[str]) -> list[int]:
        """The token numbers of pieces; CourseError names the first piece that is not known."""
        try:
            return list(map(self.ids.__getitem__, pieces))
        except KeyError as error:
            raise CourseError(
                f"{error} is not in this tokenizer's vocabulary ({len(self)} tokens): "
                "use a tokenizer made from the config that drew the problem."
            ) from None

    def encode(self, text: str) -> list[int]:
        """The token numbers of a text; CourseError shows where the first unknown piece starts."""
        if text and not text.startswith("<"):
            text = " " + text  # the first phrase carries a blank, which texts leave out
        ids, position = [], 0
        while position < len(text):
            found = self._piece.match(text, position)
            if not found:
                raise CourseError(
                    f"No token for the text at {text[position : position + 40]!r}: "
                    "write it in the words of the problems and with this vocabulary's names."
                )
            ids.append(self.ids[found[1]])
            position = found.end()
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """The text of token numbers, special tokens included.

        `encode` takes it back exactly, be it a prompt, a target or both; not if the model wrote
        gibberish, in which letters may touch.
        """
        return join([self.pieces[number] for number in ids])

    def decode_solution(self, ids: list[int]) -> tuple[str, int | None]:
        """The solution text and the answer of generated tokens (None where no number was given).

        A plan is no part of the solution.
        """
        body = ids[: ids.index(self.end)] if self.end in ids else ids
        finish = self.ids[FINISH]
        if self.config.plan != "none" and finish in body:
            body = body[body.index(finish) + 1 :]
        if self.answer not in body:
            return self.decode(body), None
        cut = body.index(self.answer)
        said = [self.pieces[number] for number in body[cut + 1 :]]
        is_number = len(said) == 1 and said[0].isdecimal()  # "1" "2" is not the number 12
        return self.decode(body[:cut]), int(said[0]) if is_number else None


def _plan(problem) -> list[str]:
    """What is written before the solution, in pieces."""
    order = breadth_first(problem.query, problem.definitions)
    if problem.config.plan == "filler":
        order = [problem.query] * len(order)
    pieces = [piece for p in order for piece in (MID, *problem.labels[p])]
    return [START, *pieces[1:], FINISH]


def _any_of(pieces: Iterable[str]) -> str:
    longest_first = sorted(pieces, key=len, reverse=True)
    return "(?:" + "|".join(map(re.escape, longest_first)) + ")"
