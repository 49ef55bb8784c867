import { Page } from "../../parts/page";

export function RecordPage() {
  return <Page title="Record">{null}</Page>;
}
