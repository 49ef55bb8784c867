//! Plans of `assent investigate --plans`: proposed, printed, written as patches, and never carried out.

use std::path::Path;

use anyhow::Context;
use assent_base::Timestamp;
use assent_diagnosis::Report;
use assent_evidence::Graph;
use assent_plan::draw::{Rules, Site};
use assent_plan::plan::Scope;
use assent_plan::{Proposed, text};

/// Proposes plans for a report. They are drawn at the given instant, or now.
pub(crate) fn propose(graph: &Graph, report: &Report, at: Option<Timestamp>) -> Proposed {
    #[expect(clippy::disallowed_methods, reason = "a binary reads the clock for the rooms below it")]
    let now = at.unwrap_or_else(Timestamp::now);
    assent_plan::propose(&Site { graph, scope: &Scope::Input {}, now, rules: &Rules::default() }, report)
}

/// Writes the patch of each plan, and the one that takes it back. Files are named after the plan's digest, so none is overwritten by another's.
pub(crate) fn write_patches(proposed: &Proposed, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    for plan in &proposed.plans {
        let Some((change, undo)) = text::patches(plan) else { continue };
        let name = plan.digest()?.short();
        for (suffix, content) in [("patch", change), ("undo", undo)] {
            let path = folder.join(format!("{name}.{suffix}.json"));
            std::fs::write(&path, content).with_context(|| format!("cannot write `{}`", path.display()))?;
        }
    }
    Ok(())
}
