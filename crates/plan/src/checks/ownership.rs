//! Who owns an object, and would set it back.
//!
//! Read off tracking labels, annotations, managed fields and owner references.
//! Source: Argo CD's and Flux's documented tracking marks, Helm's release annotations, Crossplane's claim labels.

use assent_evidence::{Entity, Relation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{About, Check, Outcome};

/// A tool that writes objects from a source of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tool {
    /// Argo CD.
    ArgoCd,
    /// Flux, by a Kustomization.
    FluxKustomize,
    /// Flux, by a `HelmRelease`.
    FluxHelm,
    /// Helm, run by somebody.
    Helm,
    /// Crossplane.
    Crossplane,
    /// The cluster's own add-on manager.
    AddonManager,
}

impl Tool {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Tool::ArgoCd => "Argo CD",
            Tool::FluxKustomize | Tool::FluxHelm => "Flux",
            Tool::Helm => "Helm",
            Tool::Crossplane => "Crossplane",
            Tool::AddonManager => "the add-on manager",
        }
    }

    /// Whether it sets back what others change, without being asked.
    #[must_use]
    pub const fn reverts(self) -> bool {
        !matches!(self, Tool::Helm)
    }
}

/// Who owns an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// With which tool.
    pub tool: Tool,
    /// What of the tool: the application, the release. Empty where it is not said.
    pub name: String,
}

/// The tool that owns an object, if any mark tells of one; the one that reverts changes before the one that does not.
#[must_use]
pub fn owner(entity: Entity<'_>) -> Option<Owner> {
    let label = |key: &str| entity.label(key).filter(|text| !text.is_empty());
    let note = |key: &str| entity.annotation(key).text().filter(|text| !text.is_empty());
    let own = |tool, name: &str| Some(Owner { tool, name: name.to_owned() });
    if let Some(id) = note("argocd.argoproj.io/tracking-id") {
        return own(Tool::ArgoCd, id.split(':').next().unwrap_or_default());
    }
    if let Some(name) = label("argocd.argoproj.io/instance") {
        return own(Tool::ArgoCd, name);
    }
    if let Some(name) = label("helm.toolkit.fluxcd.io/name") {
        return own(Tool::FluxHelm, name);
    }
    if let Some(name) = label("kustomize.toolkit.fluxcd.io/name") {
        return own(Tool::FluxKustomize, name);
    }
    if let Some(name) = label("crossplane.io/claim-name").or_else(|| label("crossplane.io/composite")) {
        return own(Tool::Crossplane, name);
    }
    if label("addonmanager.kubernetes.io/mode") == Some("Reconcile") {
        return own(Tool::AddonManager, "");
    }
    let managers: Vec<&str> = entity.at("metadata/managedFields").items().filter_map(|entry| entry.get("manager").text()).collect();
    let by = |word: &str| managers.iter().any(|manager| manager.starts_with(word));
    if by("argocd") {
        return own(Tool::ArgoCd, "");
    }
    if by("kustomize-controller") {
        return own(Tool::FluxKustomize, "");
    }
    if by("helm-controller") {
        return own(Tool::FluxHelm, "");
    }
    if let Some(name) = note("meta.helm.sh/release-name") {
        return own(Tool::Helm, name);
    }
    (label("app.kubernetes.io/managed-by") == Some("Helm")).then(|| Owner { tool: Tool::Helm, name: String::new() })
}

pub(super) fn check(entity: Entity<'_>) -> Check {
    let named = |owner: &Owner| match owner.name.as_str() {
        "" => owner.tool.name().to_owned(),
        name => format!("{} (`{name}`)", owner.tool.name()),
    };
    if let Some(owner) = owner(entity) {
        let says = if owner.tool.reverts() {
            format!("{} owns it and would revert the change: make it in the source, by pull request", named(&owner))
        } else {
            format!("{} installed it: its next upgrade reverts the change unless the values say the same", named(&owner))
        };
        return Check::new(About::Ownership, Outcome::Warns, says);
    }
    let maker = entity.from(Relation::Owns).find(|_| entity.kind().is_workload());
    match maker {
        Some(maker) => {
            let says = format!("{} makes it and may set it back", maker.reference());
            Check::new(About::Ownership, Outcome::Warns, says)
        }
        None => Check::new(About::Ownership, Outcome::Passes, "no mark of a tool that would revert the change"),
    }
}
