import { Page } from "../../parts/page";

export function Keys() {
  return <Page title="Keys">{null}</Page>;
}
