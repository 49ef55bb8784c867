import { Page } from "../../parts/page";

export function Clusters() {
  return <Page title="Clusters">{null}</Page>;
}
