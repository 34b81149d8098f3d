"""Pictures of a graph: Mermaid, Graphviz DOT, SVG; scopes as groups, shapes on the edges, costs as colour."""
