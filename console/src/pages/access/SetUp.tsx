import { Page } from "../../parts/page";

export function SetUp() {
  return <Page title="Set up">{null}</Page>;
}
