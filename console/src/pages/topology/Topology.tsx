import { Page } from "../../parts/page";

export function Topology() {
  return <Page title="Topology">{null}</Page>;
}
