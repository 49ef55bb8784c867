import { Page } from "../../parts/page";

export function Policies() {
  return <Page title="Policies">{null}</Page>;
}
