import { Page } from "../../parts/page";

export function Alerts() {
  return <Page title="Alerts">{null}</Page>;
}
