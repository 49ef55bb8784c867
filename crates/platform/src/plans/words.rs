//! What a plan would do, in a few words.

use assent_plan::Action;
use assent_plan::action::{BudgetBound, PortPlace, PortRef, SelectorPlace};
use assent_plan::domain::Amount;
use assent_plan::plan::Plan;

/// Characters of a title at most. An image's reference may be longer than anybody reads.
const TITLE_CHARS_MAX: usize = 200;

/// `roll back to revision 6`. Values that may be long or private stay out: the bytes have them.
pub(crate) fn title(plan: &Plan) -> String {
    in_words(&plan.action).chars().take(TITLE_CHARS_MAX).collect()
}

fn in_words(action: &Action) -> String {
    match action {
        Action::RollBack { to_revision } => format!("roll back to revision {to_revision}"),
        Action::Restart {} => "restart".to_owned(),
        Action::Scale { replicas } => format!("scale to {replicas} replicas"),
        Action::SetImage { container, image, .. } => format!("set the image of `{container}` to `{image}`"),
        Action::SetResources { container, compute, request, limit } => {
            let amount = |what: &str, amount: &Option<Amount>| amount.map(|amount| format!("{what} {amount}"));
            let parts: Vec<String> = amount("request", request).into_iter().chain(amount("limit", limit)).collect();
            format!("set the {} of `{container}`: {}", compute.as_str(), parts.join(", "))
        }
        Action::SetEnv { container, name, .. } => format!("set `{name}` of `{container}`"),
        Action::SetConfigKey { key, .. } => format!("set the key `{key}`"),
        Action::FixSelector { place, key, value, .. } => {
            let whose = match place {
                SelectorPlace::Service => "selector",
                SelectorPlace::Node => "node selector",
            };
            format!("set `{key}` of the {whose} to `{value}`")
        }
        Action::FixPort { place, port } => {
            let port = match port {
                PortRef::Number(number) => number.to_string(),
                PortRef::Name(name) => format!("`{name}`"),
            };
            match place {
                PortPlace::ServiceTarget(of) => format!("send port {of} to port {port}"),
                PortPlace::IngressBackend(service) => format!("send requests for `{service}` to its port {port}"),
                PortPlace::Probe { container, .. } => format!("probe `{container}` at port {port}"),
            }
        }
        Action::Cordon {} => "cordon".to_owned(),
        Action::Uncordon {} => "uncordon".to_owned(),
        Action::DeletePod {} => "delete the pod, which is made anew".to_owned(),
        Action::AdjustAutoscaler { min, max } => {
            let bound = |what: &str, bound: &Option<assent_plan::domain::Replicas>| bound.map(|bound| format!("{what} {bound}"));
            let parts: Vec<String> = bound("at least", min).into_iter().chain(bound("at most", max)).collect();
            format!("let the autoscaler ask for {} replicas", parts.join(" and "))
        }
        Action::AdjustBudget { bound } => match bound {
            BudgetBound::MinAvailable(pods) => format!("let the disruption budget keep {pods} pods"),
            BudgetBound::MaxUnavailable(pods) => format!("let the disruption budget give up {pods} pods"),
        },
        Action::Suspend {} => "suspend".to_owned(),
        Action::Resume {} => "resume".to_owned(),
        Action::CustomPatch { edits } => format!("change {} fields by a custom patch", edits.len()),
    }
}
