"""Queries, labels and probes: truth from the text, packed passes equal to the paper's way."""

import random
from dataclasses import replace

import networkx as nx
import pytest
import torch
from torch.testing import assert_close

from course_lib import probes
from course_lib.errors import CourseError
from course_lib.igsm import ProblemConfig, parse_problem, sample_problem
from course_lib.lm import GPT, ModelConfig, Tokenizer
from course_lib.lm.attention import readable_attention
from course_lib.lm.rows import make_batch
from course_lib.probes.tasks import Query
from course_lib.probes.training import batches, choose, labeller, unbalance

POCKET = ProblemConfig.preset("pocket")
TOKENIZER = Tokenizer(POCKET)
MODEL = ModelConfig(len(TOKENIZER), layers=2, heads=2, width=32, context=400)
CPU = torch.device("cpu")
QUICK = dict(steps=3, batch_size=2, queries=6)


def told(problem, query):
    return [str(problem.parameters[p]) for p in query.parameters]


@pytest.mark.parametrize("seed", range(5))
def test_labels_are_what_a_reader_of_the_text_finds(seed):
    problem = sample_problem(replace(ProblemConfig.preset("med"), op=8), seed)
    reading = parse_problem(problem.problem, problem.question, problem.modulus)
    graph, values = reading.dependency_graph(), reading.values
    steps = [set(problem.necessary[:step]) for step in range(len(problem.order) + 1)]

    def true(task, query):
        a, *b = told(problem, query)
        known = steps[query.step]
        ready = set(graph.predecessors(a)) <= known
        if task == "dep":
            return b[0] in nx.ancestors(graph, a)
        if task == "value":
            return values[a] if a in known else problem.modulus
        necessary = a in nx.ancestors(graph, reading.query) | {reading.query}
        answers = {"nece": necessary, "known": a in known, "can_next": ready}
        return answers | {"nece_next": necessary and ready and a not in known}

    for name, task in probes.TASKS.items():
        queries = task.queries(problem)
        parameters = len(problem.parameters)
        moments = 1 if task.once else len(steps)
        assert len(queries) == parameters * (parameters - 1 if name == "dep" else moments)
        for query in queries:
            if not set(told(problem, query)) <= set(graph):
                continue  # an abstract parameter that the text never mentions
            wanted = true(name, query)
            assert query.label == (wanted[name] if isinstance(wanted, dict) else wanted)


def test_labels_follow_a_solution_that_was_written():
    problem = sample_problem(replace(POCKET, op=5), 3)
    first = problem.order[0]
    known = probes.find_task("known").at(problem, 1, written=(problem.query, first))
    assert [query.parameters[0] for query in known if query.label] == [problem.query]


def test_a_script_ends_with_the_last_sentence_and_forks_where_it_says():
    problem = sample_problem(replace(POCKET, op=4), 1)
    script = probes.read_script(TOKENIZER, problem)
    pieces = [TOKENIZER.decode(script.ids[:end]) for end in script.sentences]
    assert len(pieces) == len(problem.order) + 1
    assert pieces[0].endswith("<solution>") and pieces[-1].endswith(problem.solution)
    description = TOKENIZER.decode(script.ids[: script.description])
    assert description.endswith(problem.problem) and "How many" not in description
    swapped = replace(problem, config=replace(POCKET, form="qp"))
    script = probes.read_script(TOKENIZER, swapped)
    description = TOKENIZER.decode(script.ids[: script.description])
    assert problem.question in description and description.endswith(problem.problem)


@pytest.mark.parametrize("form", ["pq", "qp"])
@pytest.mark.parametrize("name", probes.TASKS)
def test_packed_queries_give_the_logits_and_gradients_of_separate_ones(name, form):
    problem = sample_problem(replace(POCKET, op=3, form=form), 5)
    task = probes.find_task(name)
    queries = random.Random(0).sample(task.queries(problem), 12)
    naive = make_batch(
        probes.naive_rows(probes.bundle(TOKENIZER, problem, task, queries)), TOKENIZER.pad
    )
    ids, places, *_ = naive.tensors(CPU)
    other = sample_problem(replace(POCKET, op=5, form=form), 6)  # longer, with fewer queries
    pair = ((problem, queries), (other, task.queries(other)[:5]))
    packed = probes.pack([probes.bundle(TOKENIZER, p, task, q) for p, q in pair], TOKENIZER.pad)
    results = []
    for way in ("naive", "packed"):
        torch.manual_seed(0)
        config = probes.ProbeConfig(name)
        probe = probes.VProbe(GPT(MODEL), TOKENIZER, config)
        for x in probe.learned().values():  # not at its start, where much is 0
            torch.nn.init.normal_(x, std=0.3)
        logits = probe(ids, places) if way == "naive" else probe.read(packed)[:12]
        labels = torch.tensor([query.label for query in queries])
        torch.nn.functional.cross_entropy(logits, labels).backward()
        results.append([logits, *(x.grad for x in probe.learned().values())])
        assert all(weight.grad is None for weight in probe.model.parameters())
    assert_close(*results, rtol=1e-4, atol=1e-5)


def test_packed_attention_is_that_of_its_mask():
    task, generator = probes.find_task("can_next"), torch.Generator().manual_seed(0)
    problems = [sample_problem(POCKET, seed) for seed in range(3)]
    asked = [task.queries(problem)[: 5 + i] for i, problem in enumerate(problems)]
    bundles = [
        probes.bundle(TOKENIZER, *pair) for pair in zip(problems, [task] * 3, asked, strict=True)
    ]
    packed = probes.pack(bundles, TOKENIZER.pad)
    q, k, v = torch.randn(3, 3, 2, packed.ids.shape[1], 8, generator=generator)
    wanted = readable_attention(q, k, v, packed.mask()[:, None])
    assert_close(packed.attend(q, k, v), wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("layer", [1, 2, None])
def test_a_probe_reads_the_layer_it_is_told_to(layer):
    model, config = GPT(MODEL), probes.ProbeConfig("nece", layer=layer)
    probe = probes.VProbe(model, TOKENIZER, config)
    problem = sample_problem(POCKET, 0)
    task = probes.find_task("nece")
    row = probes.bundle(TOKENIZER, problem, task, [Query(0, (0,), 1)])
    torch.nn.init.eye_(probe.head.weight)
    with torch.no_grad():
        before = probe.read(probes.pack([row], TOKENIZER.pad))
        model.blocks[1].mlp[2].bias.normal_()
        after = probe.read(probes.pack([row], TOKENIZER.pad))
    assert before.equal(after) == (layer == 1)


def test_training_a_probe_leaves_the_model_alone_and_gives_the_same_twice():
    model = GPT(MODEL)
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    first, again = (
        probes.train_probe(model, TOKENIZER, probes.ProbeConfig("known", **QUICK)).learned()
        for _ in range(2)
    )
    assert all(weight.equal(before[name]) for name, weight in model.state_dict().items())
    assert all(x.equal(again[name]) for name, x in first.items())
    assert first["up"].any()


def test_a_probe_learns_what_can_be_read_off_the_text():
    losses = []
    config = probes.ProbeConfig("known", steps=40, batch_size=4, queries=20)
    probes.train_probe(
        GPT(MODEL), TOKENIZER, config, on_step=lambda step, loss, share: losses.append(loss)
    )
    assert losses[0] == pytest.approx(torch.log(torch.tensor(2.0)).item(), abs=1e-4)
    assert sum(losses[-5:]) / 5 < 0.75 * losses[0]


def test_shuffled_labels_belong_to_names_and_keep_the_shares():
    config = probes.ProbeConfig("nece", labels="shuffled")
    label, task = labeller(POCKET, config), probes.find_task("nece")
    given, shares = {}, []
    for seed in range(300):
        problem = sample_problem(POCKET, seed)
        for query in task.queries(problem):
            said = label(problem, query)
            assert given.setdefault(told(problem, query)[0], said) == said
            shares.append(query.label)
    assert sum(given.values()) / len(given) == pytest.approx(sum(shares) / len(shares), abs=0.1)


def test_balanced_queries_hold_each_label_as_often():
    queries = [Query(0, (i,), int(i < 3)) for i in range(20)]
    chosen = choose(queries, 8, True, random.Random(0))
    assert sorted(query.label for query in chosen) == [0, 0, 0, 0, 0, 1, 1, 1]
    assert sorted(query.label for query in chosen[:6]) == [0, 0, 0, 1, 1, 1]
    assert len(choose(queries, 5, False, random.Random(0))) == 5


def test_after_balanced_training_a_probe_that_knows_nothing_gives_the_true_shares():
    config = probes.ProbeConfig("nece_next", queries=8, balanced=True)
    probe = probes.VProbe(GPT(MODEL), TOKENIZER, config)
    problems = [sample_problem(replace(POCKET, split="train"), seed) for seed in range(300)]
    queries = [query for p in problems for query in probes.find_task("nece_next").queries(p)]
    share = sum(query.label for query in queries) / len(queries)
    asked = [
        q
        for p in problems
        for q in choose(probes.find_task("nece_next").queries(p), 8, True, random.Random(0))
    ]
    among = sum(query.label for query in asked) / len(asked)
    probe.head.bias.data[1] = torch.tensor(among / (1 - among)).log()  # what it would have learned
    unbalance(probe, TOKENIZER)
    assert probe.head.bias.softmax(0)[1].item() == pytest.approx(share, rel=0.15)
    assert among > 2 * share


def test_training_problems_are_of_the_training_split_in_batches_of_one_size(monkeypatch):
    config, splits = probes.ProbeConfig("nece", batch_size=4), set()

    def sample(law, seed):
        splits.add(law.split)
        return sample_problem(law, seed)

    monkeypatch.setattr("course_lib.probes.training.sample_problem", sample)
    source = batches(TOKENIZER, config, CPU)
    for _ in range(3):
        batch, labels = next(source)
        assert len(labels) == len(batch.places) and len(batch.ids) == 4
        assert (batch.ids.flatten()[batch.places] == TOKENIZER.ids["<stop>"]).all()
    assert splits == {"train"}


def belief(problem, truth, answer):
    return probes.Belief("nece", problem, Query(0, (0,), truth), truth, answer, 1.0)


def test_a_score_counts_and_its_interval_knows_which_queries_stand_together():
    problems = [sample_problem(POCKET, seed) for seed in range(20)]
    apart = [belief(p, 1, int(i % 4 > 0)) for i, p in enumerate(problems * 5)]
    together = [belief(p, 1, int(i % 4 > 0)) for i, p in enumerate(problems) for _ in range(5)]
    one, other = probes.score(apart), probes.score(together)
    assert one["accuracy"] == other["accuracy"] == 0.75 and one["n"] == 100
    assert other["high"] - other["low"] > 0.3
    mixed = [belief(p, i % 2, i % 2) for i, p in enumerate(problems)]
    assert probes.score(mixed)["mcc"] == 1 and probes.score(mixed)["majority"] == 0.5
    assert probes.score(mixed)["low"] < 0.9  # twenty problems prove no more
    assert probes.score([])["n"] == 0


def test_matthews_is_the_phi_of_two_by_two_tables():
    truths, answers = [1] * 6 + [0] * 10, [1, 1, 1, 1, 0, 0] + [1] + [0] * 9
    a, b, c, d = 4, 2, 1, 9
    phi = (a * d - b * c) / ((a + b) * (c + d) * (a + c) * (b + d)) ** 0.5
    assert probes.matthews(truths, answers) == pytest.approx(phi)
    assert probes.matthews([0, 1, 2, 3], [0, 1, 2, 3]) == 1
    assert probes.matthews([0, 1, 2, 3], [1, 1, 1, 1]) == 0


def test_a_probe_is_found_again_and_only_for_its_model(tmp_path, monkeypatch):
    monkeypatch.setattr("course_lib.probes.store.SHELVES", (tmp_path / "shipped", tmp_path))
    config = probes.ProbeConfig("value", twin=True, **QUICK)
    model = GPT(MODEL)
    made = probes.train_or_load_probe(model, TOKENIZER, config)
    heard = []
    found = probes.train_or_load_probe(
        model, TOKENIZER, config, on_step=lambda *line: heard.append(line)
    )
    assert not heard and found.head.weight.equal(made.head.weight)
    asked = [sample_problem(POCKET, seed) for seed in range(3)]
    one, other = (probes.examine(probe, TOKENIZER, asked) for probe in (made, found))
    assert [x.probability for x in one] == [x.probability for x in other]
    probes.train_or_load_probe(GPT(MODEL, seed=1), TOKENIZER, config)
    assert len(list(tmp_path.glob("value_*"))) == 2


@pytest.mark.parametrize(
    "wish", [dict(task="mood"), dict(labels="any"), dict(rank=0), dict(layer=0)]
)
def test_a_wish_that_cannot_be_is_refused(wish):
    with pytest.raises(CourseError):
        probes.ProbeConfig(**{"task": "nece", **wish})
    with pytest.raises(CourseError, match="1 to 2"):
        probes.VProbe(GPT(MODEL), TOKENIZER, probes.ProbeConfig("nece", layer=3))
