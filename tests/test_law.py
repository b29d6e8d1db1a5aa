"""Our draws follow the published generator's law, within sampling error."""

from dataclasses import replace

import pytest

from course_lib.igsm import ProblemConfig
from course_lib.igsm.statistics import published, statistics

OURS = {"med": 20_000, "hard": 4_000, "med op=15": 2_000, "med op=20": 2_000, "hard op=21": 2_000}
OWN_NAMES = ("problem_chars", "solution_chars")  # our items have names of other lengths
MOST_ERRORS = 4.0  # standard errors; about 80 figures are compared


@pytest.fixture(scope="module", params=list(OURS))
def compared(request):
    reference = published()[request.param]
    config = replace(ProblemConfig.preset(reference["preset"]), op=reference["op"])
    return config, reference, OURS[request.param], *statistics(config, OURS[request.param])


def test_means(compared):
    _, reference, n, means, _ = compared
    for name, value in reference["means"].items():
        mean, deviation = means[name]
        rounding = 0.5 * 10 ** -len(str(value).partition(".")[2])
        error = deviation * (1 / n + 1 / reference["n"]) ** 0.5
        if name not in OWN_NAMES:
            assert abs(mean - value) <= MOST_ERRORS * error + rounding, name


def test_laws(compared):
    _, reference, n, _, laws = compared
    for name, law in reference.get("laws", {}).items():
        for value, share in law.items():
            error = (share * (1 - share) * (1 / n + 1 / reference["n"])) ** 0.5
            ours = laws[name].get(int(value), 0.0)
            assert abs(ours - share) <= MOST_ERRORS * error + 0.005, (name, value)


def test_op_is_the_smaller_of_two_uniform_draws(compared):
    config, _, n, _, laws = compared
    if config.op:
        assert laws["op"] == {config.op: 1.0}
        return
    for op in range(1, config.max_op + 1):
        share = (2 * (config.max_op - op) + 1) / config.max_op**2
        error = (share * (1 - share) / n) ** 0.5
        assert abs(laws["op"].get(op, 0.0) - share) <= MOST_ERRORS * error, op
