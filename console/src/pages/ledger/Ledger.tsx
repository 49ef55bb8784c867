import { Page } from "../../parts/page";

export function Ledger() {
  return <Page title="Ledger">{null}</Page>;
}
