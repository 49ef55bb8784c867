//! `docs/one-shot.md`, and the same tables on the terminal.

use std::fmt::Write;

use super::faults::Score;
use super::measure::Cost;

/// One program on one input.
pub(super) struct Row {
    pub(super) program: String,
    pub(super) input: String,
    pub(super) cost: Cost,
    /// What it found of the faults, where its input has any.
    pub(super) score: Option<Score>,
}

/// What was measured on what.
pub(super) struct Page {
    pub(super) machine: String,
    pub(super) cluster: Option<String>,
    pub(super) command: String,
    pub(super) date: String,
    pub(super) runs: usize,
    pub(super) rows: Vec<Row>,
}

impl Page {
    /// The tables in Markdown.
    pub(super) fn tables(&self) -> String {
        let mut text = String::from("| program | input | time | processor | peak memory |\n|---|---|---:|---:|---:|\n");
        for Row { program, input, cost, .. } in &self.rows {
            let _ = writeln!(text, "| {program} | {input} | {:.2} s | {:.2} s | {:.0} MiB |", cost.wall_s, cost.cpu_s, cost.peak_mib);
        }
        if let [ours, peers @ ..] = self.of_cluster().as_slice() {
            for peer in peers {
                let ratio = |of: fn(&Cost) -> f64| of(&ours.cost) / of(&peer.cost);
                let (wall, cpu, peak) = (ratio(|cost| cost.wall_s), ratio(|cost| cost.cpu_s), ratio(|cost| cost.peak_mib));
                let _ = writeln!(text, "| {} / {} | same cluster | {wall:.3} | {cpu:.3} | {peak:.3} |", ours.program, peer.program);
            }
        }
        let mut scored = self.rows.iter().filter_map(|row| Some((row, row.score.as_ref()?))).peekable();
        if scored.peek().is_some() {
            text.push_str("\n| program | input | faults named | with the right cause | complaints elsewhere |\n|---|---|---:|---:|---:|\n");
        }
        for (Row { program, input, .. }, Score { planted, named, right_cause, elsewhere }) in scored {
            let right = right_cause.map_or_else(|| "names no causes".to_owned(), |right| format!("{right} of {planted}"));
            let _ = writeln!(text, "| {program} | {input} | {named} of {planted} | {right} | {elsewhere} |");
        }
        text
    }

    fn of_cluster(&self) -> Vec<&Row> {
        self.rows.iter().filter(|row| row.input == super::LIVE).collect()
    }

    /// The whole page.
    pub(super) fn markdown(&self) -> String {
        let Self { machine, cluster, command, date, runs, .. } = self;
        let cluster = cluster.as_deref().unwrap_or("none");
        format!(
            "# One shot, measured\n\nWritten by `{command}` on {date}; medians of {runs} runs. Machine: {machine}. Cluster: {cluster}.\n\n{}\n{METHOD}",
            self.tables()
        )
    }
}

const METHOD: &str = "\
## How it is measured

All programs read the same cluster in one go, one after the other, over loopback and with the same read-only user, who may not read
secrets. The API server and etcd run on the same machine and take processor time of their own while a cluster is read; the column
`processor` counts only the program that is measured. Peak memory is the resident set's high-water mark. Assent and its peers print
JSON. A dump is what `kubectl get -A -o json` prints, a file for each kind.

A planted fault is on one Deployment. It counts as named when a program puts something of its highest level (a cause or a `broken`
finding of Assent's, an error of Popeye's) on that Deployment, on a
ReplicaSet or Pod of it, or on the Service of the same name; what the words say is not compared. For Assent the id of the cause is
compared as well: `image.*` for an image that does not exist, `memory.*` for a container out of memory, and so on. Complaints elsewhere
are objects in a namespace that belong to no planted fault.

The world has EndpointSlices and no Endpoints objects. Popeye reads Endpoints and says of every Service that it has none (POP-1105);
that is the world's fault, so those issues are not counted, neither for it nor against it. Popeye also judges good practice (limits,
probes, policies), which is more than Assent looks at and part of its time; the levels below error are not counted.

k8sgpt is not among the peers: `testing/peers/README.md` says why. Times move with what else the machine does; the ratios move less.
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::LIVE;

    #[test]
    fn the_page_has_a_row_for_each_program_and_the_ratio() {
        let row = |program: &str, wall_s: f64, named: usize| Row {
            program: program.to_owned(),
            input: LIVE.to_owned(),
            cost: Cost { wall_s, cpu_s: 1.0, peak_mib: 100.0 },
            score: Some(Score { planted: 2, named, right_cause: None, elsewhere: 0 }),
        };
        let rows = vec![row("assent", 2.0, 2), row("peer", 40.0, 1)];
        let text = |text: &str| text.to_owned();
        let page = Page { machine: text("m"), cluster: None, command: text("c"), date: text("d"), runs: 3, rows };
        let tables = page.tables();
        assert!(tables.contains("| assent / peer | same cluster | 0.050 | 1.000 | 1.000 |"), "{tables}");
        assert!(tables.contains("| peer | the cluster | 1 of 2 | names no causes | 0 |"), "{tables}");
        assert!(page.markdown().starts_with("# One shot, measured\n"));
    }
}
