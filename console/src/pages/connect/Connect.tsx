import { Page } from "../../parts/page";

export function Connect() {
  return <Page title="Connect a cluster">{null}</Page>;
}
