// The request that a plan is: its verb, its path and the type of its body.
import type { Plan } from "./plan";

export function requestLine({ target, request }: Plan): { verb: "PATCH" | "DELETE"; path: string; type: string } {
  const { api_version, resource, object } = target;
  const parts = [
    ...(api_version.includes("/") ? ["apis", ...api_version.split("/")] : ["api", api_version]),
    ...(object.namespace === undefined ? [] : ["namespaces", object.namespace]),
    resource,
    object.name,
  ];
  const path = `/${parts.map((part) => encodeURIComponent(part)).join("/")}`;
  return request.is === "patch" ? { verb: "PATCH", path, type: "application/json-patch+json" } : { verb: "DELETE", path, type: "application/json" };
}
