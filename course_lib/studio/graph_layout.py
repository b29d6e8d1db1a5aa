"""Where the nodes of a layered graph are drawn: few crossings, short edges, nothing overlaps.

The classic recipe (Sugiyama 1981) in small: an edge that skips levels gets a waypoint on each of
them, rows are sorted by the mean place of their neighbours, then nodes move towards these.
"""

from collections.abc import Callable, Hashable, Mapping

import networkx as nx
import numpy as np

SWEEPS = 12


def longest_paths(graph: nx.DiGraph) -> dict[Hashable, int]:
    """The level of each node: just below what it depends on, or just above its users if more."""
    levels = {v: i for i, row in enumerate(nx.topological_generations(graph)) for v in row}
    for v in sorted(graph, key=levels.__getitem__, reverse=True):
        if graph.out_degree(v) > graph.in_degree(v):
            levels[v] = min(levels[user] for user in graph.succ[v]) - 1
    rows = [0] * (1 + max(levels.values(), default=0))
    for v in graph:
        rows[levels[v]] += graph.degree(v) > 0
    for v in nx.isolates(graph):  # anywhere will do: the shortest row
        levels[v] = int(np.argmin(rows))
        rows[levels[v]] += 1
    return levels


def place(
    graph: nx.DiGraph, levels: Mapping[Hashable, int], width: Callable[[Hashable], float]
) -> tuple[dict, dict]:
    """Lay out a graph whose edges lead to deeper levels.

    `width(v)` is the room node v needs in its row, `width(None)` that of an edge passing through.
    Returns {node: (x, level)} and {edge: [(x, level), ...]}, the way from end to end.
    """
    rows, routes = _with_waypoints(graph, levels)
    pairs = [pair for way in routes.values() for pair in zip(way, way[1:], strict=False)]
    rows = _fewest_crossings(rows, pairs)
    room = {v: width(None if isinstance(v, _Waypoint) else v) for row in rows for v in row}
    x = _spread(rows, pairs, room)
    at = {v: (x[v], level) for level, row in enumerate(rows) for v in row}
    return {v: at[v] for v in graph}, {e: [at[v] for v in way] for e, way in routes.items()}


class _Waypoint:
    """A place on a level that an edge passes."""


def _with_waypoints(graph: nx.DiGraph, levels: Mapping) -> tuple[list[list], dict]:
    rows: list[list] = [[] for _ in range(1 + max(levels.values(), default=0))]
    for v in graph:
        rows[levels[v]].append(v)
    routes = {}
    for a, b in graph.edges:
        routes[a, b] = [a]
        for level in range(levels[a] + 1, levels[b]):
            rows[level].append(_Waypoint())
            routes[a, b].append(rows[level][-1])
        routes[a, b].append(b)
    return rows, routes


def _neighbours(rows: list[list], pairs: list[tuple]) -> tuple[dict, dict]:
    above: dict[Hashable, list] = {v: [] for row in rows for v in row}
    below: dict[Hashable, list] = {v: [] for row in rows for v in row}
    for a, b in pairs:
        below[a].append(b)
        above[b].append(a)
    return above, below


def _fewest_crossings(rows: list[list], pairs: list[tuple]) -> list[list]:
    """Sort rows by barycentre, downwards and upwards in turn, and keep the best order seen."""
    above, below = _neighbours(rows, pairs)
    best, fewest = rows, crossings(rows, pairs)
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        rows = list(rows)
        place = {v: i for row in rows for i, v in enumerate(row)}
        for level in range(len(rows)) if downwards else reversed(range(len(rows))):
            near = above if downwards else below
            centre = {v: _mean([place[u] for u in near[v] or [v]]) for v in rows[level]}
            rows[level] = sorted(rows[level], key=centre.__getitem__)
            place.update((v, i) for i, v in enumerate(rows[level]))
        if (count := crossings(rows, pairs)) < fewest:
            best, fewest = rows, count
    return best


def crossings(rows: list[list], pairs: list[tuple]) -> int:
    """How often edges between neighbouring rows cross."""
    place = {v: (level, i) for level, row in enumerate(rows) for i, v in enumerate(row)}
    count = 0
    for level in range(len(rows) - 1):
        ends = [(place[a][1], place[b][1]) for a, b in pairs if place[a][0] == level]
        top, bottom = np.array(ends or [(0, 0)]).T
        count += ((top[:, None] < top) & (bottom[:, None] > bottom)).sum()
    return int(count)


def _spread(rows: list[list], pairs: list[tuple], room: dict) -> dict:
    """The x of every node: as near to its neighbours as the others in its row allow."""
    above, below = _neighbours(rows, pairs)
    near = {v: above[v] + below[v] for v in room}
    x: dict[Hashable, float] = {}
    for row in rows:
        x.update(zip(row, _apart([0.0] * len(row), [room[v] for v in row]), strict=True))
    for _ in range(SWEEPS):
        for row in [*rows, *reversed(rows)]:
            wish = [_mean([x[u] for u in near[v] or [v]]) for v in row]
            x.update(zip(row, _apart(wish, [room[v] for v in row]), strict=True))
    return x


def _apart(wish: list[float], room: list[float]) -> np.ndarray:
    """The places nearest to the wishes with room for all, in order (pool adjacent violators)."""
    offset = np.cumsum(room) - np.array(room) / 2  # from the left end of the row
    blocks: list[tuple[float, int]] = []  # (mean of wish - offset, how many)
    for target in np.array(wish) - offset:
        mean, count = target, 1
        while blocks and blocks[-1][0] > mean:
            left, size = blocks.pop()
            mean, count = (left * size + mean * count) / (size + count), size + count
        blocks.append((mean, count))
    return np.array([mean for mean, count in blocks for _ in range(count)]) + offset


def _mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers)
