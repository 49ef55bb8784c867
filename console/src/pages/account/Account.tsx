import { Page } from "../../parts/page";

export function Account() {
  return <Page title="Account">{null}</Page>;
}
