"""Drawing a problem: graphs first, then names, constants, the order of sentences, and letters."""

from collections.abc import Iterable
from itertools import islice
from random import Random

from course_lib.errors import CourseError
from course_lib.igsm.config import ProblemConfig
from course_lib.igsm.dependency import (
    Definition,
    Sentence,
    choose_necessary,
    describe_unnecessary,
    order_backwards,
    pad,
    spare_room,
    word,
)
from course_lib.igsm.orders import depth_first, sentence_order
from course_lib.igsm.problem import Problem, draw_letters
from course_lib.igsm.structure import (
    MOST_TRIES,
    Sizes,
    Structure,
    draw_sizes,
    draw_some,
    draw_structure,
    draw_target,
)


def problem_seed(stream: int, number: int) -> int:
    """Seed of problem `number` of a stream; different streams never share a problem's seed."""
    return (stream << 32) | number


def check_seed(seed: int) -> None:
    """Raises CourseError unless it names streams that no evaluation uses (those from 2^32 on)."""
    if not 0 <= seed < 2**31:
        raise CourseError(f"seed must be from 0 to {2**31 - 1}.")


def sample_problem(config: ProblemConfig, seed: int) -> Problem:
    """The problem that this config and seed always give, on every machine.

    Raises CourseError where the config asks for what cannot be drawn.
    """
    rng = Random(seed)
    op = draw_target(config, rng)
    tries = iter(range(MOST_TRIES))  # structure graphs drawn, over all attempts
    for _ in tries:
        drawn = _draw_graphs(draw_sizes(config, op, rng), op, islice(tries, 1000), rng)
        if drawn is None:
            continue
        problem = _tell(config, seed, *drawn, rng)
        if config.split == "all" or config.admits(op, problem.template_bin):
            return problem
    raise CourseError(
        f"No problem with op={op} turned up in {MOST_TRIES:,} tries; ask for another op, for more "
        "layers, items or edges, or for another split."
    )


def _draw_graphs(
    sizes: Sizes, op: int, tries: Iterable[int], rng: Random
) -> tuple[Structure, list[int], dict[int, Sentence]] | None:
    """Structure graph, solution order and operands, or None where the operations are not `op`."""
    for _ in tries:
        structure = draw_structure(sizes, rng)
        chosen = choose_necessary(structure, sizes, rng)
        ordered = order_backwards(structure, chosen, rng)
        if ordered is None:
            continue
        order, quotes = ordered
        room = spare_room(order, structure.edges)
        minimal = sum([structure.cost[p] for p in chosen])
        extra = min(max(sizes.total - minimal, 0), sum(room))
        if minimal + extra != op:
            return None
        sentences = pad(order, quotes, room, extra, structure.edges, rng)
        sentences |= describe_unnecessary(structure, order, rng)
        return structure, order, sentences
    return None


def _tell(
    config: ProblemConfig,
    seed: int,
    structure: Structure,
    order: list[int],
    sentences: dict[int, Sentence],
    rng: Random,
) -> Problem:
    """Names, constants, order of sentences and letters for the graphs drawn."""
    categories, layers = _draw_names(config, structure.widths, rng)
    items = [name for layer in layers for name in layer]
    labels = [(items[parent], items[child]) for parent, child in structure.ends]
    labels += [(items[item], categories[layer]) for item, layer in structure.whole]
    abstract = range(structure.edges, structure.count)
    definitions = [Definition()] * structure.edges
    definitions += [Definition(None, "", structure.terms(p)) for p in abstract]
    for p, sentence in sentences.items():
        definitions[p] = word(sentence, config.modulus, rng)
    if config.solution_order == "fixed":
        order = depth_first(order[-1:], definitions)
    return Problem(
        config=config,
        seed=seed,
        categories=categories,
        layers=layers,
        labels=tuple(labels),
        definitions=tuple(definitions),
        sentences=tuple(sentence_order(list(sentences), definitions, config.shuffle, rng)),
        order=tuple(order),
        letters=draw_letters(config, order, definitions, rng),
    )


def _draw_names(config: ProblemConfig, widths: list[int], rng: Random) -> tuple[tuple, tuple]:
    rnd = rng.random
    chain = config.world.chains[int(rnd() * config.chains)]
    start = int(rnd() * (len(chain) - len(widths) + 1))
    levels = chain[start : start + len(widths)]
    layers = []
    for level, width in zip(levels, widths, strict=True):
        names = level.subcategories[int(rnd() * len(level.subcategories))]
        layers.append(tuple(draw_some(names, width, rnd)))
    return tuple(level.name for level in levels), tuple(layers)
