import { Page } from "../../parts/page";

export function Members() {
  return <Page title="Members">{null}</Page>;
}
