// On paper nothing opens, so the words themselves stand at the end.
import { EntityName } from "../parts/entity";
import { allEvidence, placeOf, type Report } from "./evidence";
import classes from "./Report.module.css";

export function PrintedEvidence({ report }: { report: Report }) {
  return (
    <section className="print-only" aria-label="Evidence">
      <h2>Evidence</h2>
      {allEvidence(report).map((one) => (
        <div key={one.id} className={classes["printed"]}>
          <b>{one.id}</b> <EntityName entity={one.about} size="xs" />{" "}
          <small className="foreign">
            {one.source}, {placeOf(one.locator)}
            {one.time && `, ${one.time}`}
          </small>
          <pre className={`${classes["quote"]} foreign-block`}>{one.quote}</pre>
        </div>
      ))}
    </section>
  );
}
