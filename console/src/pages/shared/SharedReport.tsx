import { Page } from "../../parts/page";

export function SharedReport() {
  return <Page title="Shared report">{null}</Page>;
}
