import { Page } from "../../parts/page";

export function Incidents() {
  return <Page title="Incidents">{null}</Page>;
}
