"""The problem in English, cut into pieces that are tokens at the same time (paper App. D.3).

A piece is a name, a number, a letter, or the fixed words between them. Two adjacent names are a
parameter, "Owner's Owned": the words between them are not written, `join` puts them back.
"""

from collections.abc import Sequence

from course_lib.igsm.config import LETTERS, MOST_MODULUS

NUMBER_OF_EACH, EQUALS, EQUALS_EACH, STOP = " The number of each ", " equals ", " equals each ", "."
LINK = {"+": " more than ", "*": " times as much as "}
LINK_EACH = {"+": " more than each ", "*": " times as much as each "}
TAIL = {"+": "the sum of each ", "-": "the difference of each "}
AND_EACH, COMMA_EACH = " and each ", ", each "
HOW_MANY, DOES, HAVE = " How many ", " does ", " have?"
DEFINE, AS, THEN, SO, IS = " Define ", " as ", "; ", "; so ", " = "
SIGN = {"+": " + ", "-": " - ", "*": " * "}
PHRASES = (
    *(NUMBER_OF_EACH, EQUALS, EQUALS_EACH, STOP),
    *(*LINK.values(), *LINK_EACH.values(), *TAIL.values(), AND_EACH, COMMA_EACH),
    *(HOW_MANY, DOES, HAVE, DEFINE, AS, THEN, SO, IS, *SIGN.values()),
)
OF = "'s "  # between the two names of a parameter
NO_NAMES = frozenset((*PHRASES, *LETTERS, *map(str, range(MOST_MODULUS))))


def join(pieces: Sequence[str]) -> str:
    """The text of some pieces, without outer blanks."""
    parts = [
        a + OF if _is_name(a) and _is_name(b) else a
        for a, b in zip(pieces, pieces[1:], strict=False)
    ]
    return "".join([*parts, *pieces[-1:]]).strip()


def _is_name(piece: str) -> bool:
    """Not the special pieces of a language model, `<start>` for one."""
    return piece not in NO_NAMES and not piece.startswith("<")


def sentence_pieces(parameter: int, definition, labels: Sequence[tuple[str, str]]) -> list[str]:
    """What the problem says of an instance parameter: "The number of each A's B equals ..."."""
    constant, link, terms, sign = definition
    pieces = [NUMBER_OF_EACH, *labels[parameter]]
    if not terms:
        return [*pieces, EQUALS, str(constant), STOP]
    single = len(terms) == 1
    if link:
        pieces += [EQUALS, str(constant), (LINK_EACH if single else LINK)[link]]
    else:
        pieces.append(EQUALS_EACH if single else EQUALS)
    if not single:
        pieces.append(TAIL[sign])
    for position, (operand,) in enumerate(terms, 1):
        pieces += labels[operand]
        if position < len(terms):
            pieces.append(AND_EACH if position == len(terms) - 1 else COMMA_EACH)
    pieces.append(STOP)
    return pieces


def question_pieces(label: tuple[str, str]) -> list[str]:
    """The question for the parameter A's B: "How many B does A have?"."""
    owner, owned = label
    return [HOW_MANY, owned, DOES, owner, HAVE]
