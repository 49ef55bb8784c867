import { Page } from "../../parts/page";

export function Tenant() {
  return <Page title="Tenant">{null}</Page>;
}
