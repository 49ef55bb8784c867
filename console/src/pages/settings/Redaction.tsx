import { Page } from "../../parts/page";

export function Redaction() {
  return <Page title="Redaction">{null}</Page>;
}
