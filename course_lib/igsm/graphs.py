"""networkx views of a problem, for people: drawings, lessons, notebooks."""

import networkx as nx


def structure_graph(problem) -> nx.DiGraph:
    """Items (attributes `layer`, `category`); an edge A -> B is the instance parameter A's B."""
    graph = nx.DiGraph()
    for layer, items in enumerate(problem.layers):
        graph.add_nodes_from(items, layer=layer, category=problem.categories[layer])
    graph.add_edges_from(problem.labels[: problem.ip])
    return graph


def dependency_graph(problem) -> nx.DiGraph:
    """Parameters by name; an edge leads from each operand to the parameter computed from it.

    Node attributes: abstract, necessary, query (bool), constant (int or None) and its `link`
    to the rest of the sentence ("+", "*" or ""), value (int).
    """
    graph = nx.DiGraph()
    necessary = set(problem.order)
    names = [str(parameter) for parameter in problem.parameters]
    for p, name in enumerate(names):
        definition = problem.definitions[p]
        graph.add_node(
            name,
            abstract=problem.parameters[p].abstract,
            necessary=p in necessary,
            query=p == problem.query,
            constant=definition.constant,
            link=definition.link,
            value=problem.values[p],
        )
    for p, definition in enumerate(problem.definitions):
        graph.add_edges_from((names[operand], names[p]) for operand in definition.operands)
    return graph
