// A small shop, for tests: who runs what, and on which nodes.
import { graphOf, type Graph, type GraphEdge, type GraphNode, type Health } from "./model";

/** Each namespace has a Deployment with a ReplicaSet and pods, a Service in front of them, and all of them run on one node. */
export function shop({ namespaces = 1, pods = 2, broken = [] as readonly string[] } = {}): Graph {
  const nodes: GraphNode[] = [{ kind: "Node", name: "n1", health: "healthy" }];
  const edges: GraphEdge[] = [];
  const add = (kind: string, namespace: string, name: string, owner?: number): number => {
    const health: Health = broken.includes(`${kind}/${namespace}/${name}`) ? "broken" : "healthy";
    return nodes.push({ kind, namespace, name, health, ...(owner !== undefined && { owner }) }) - 1;
  };
  for (let nth = 0; nth < namespaces; nth++) {
    const namespace = `shop${nth}`;
    const deployment = add("Deployment", namespace, "cart");
    const set = add("ReplicaSet", namespace, "cart-1", deployment);
    const service = add("Service", namespace, "cart");
    edges.push({ from: deployment, to: set, kind: "runs" });
    for (let pod = 0; pod < pods; pod++) {
      const place = add("Pod", namespace, `cart-1-${pod}`, set);
      edges.push({ from: set, to: place, kind: "runs" }, { from: service, to: place, kind: "sends to" }, { from: place, to: 0, kind: "runs on" });
    }
  }
  return graphOf({ nodes, edges });
}

/** The place of an object. */
export function placeOf(graph: Graph, id: string): number {
  const place = graph.places.get(id);
  if (place === undefined) throw new Error(`no ${id}`);
  return place;
}
