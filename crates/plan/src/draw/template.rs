//! Changes of a pod template: another revision, image, amounts, variables, a restart.

use assent_base::{Kind, Timestamp, quantity};
use assent_evidence::{Entity, Relation};
use serde_json::{Value, json};

use super::{Edits, Refused, Site, address};
use crate::action::Origin;
use crate::domain::{Amount, Compute, ContainerName, EnvName, Image, Revision, SettingValue};
use crate::observed::Object;
use crate::patch::{Edit, escape};
use crate::proposal::Author;

/// Where `kubectl rollout restart` writes.
pub(super) const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";
/// What the controller adds to a template of its own.
const TEMPLATE_HASH: &str = "pod-template-hash";
/// Where a ReplicaSet says which revision it is.
const REVISION: &str = "deployment.kubernetes.io/revision";

/// The captured ReplicaSet of a revision.
pub(crate) fn revision<'g>(deployment: Entity<'g>, number: Revision) -> Option<Entity<'g>> {
    let wanted = number.to_string();
    let is = |set: &Entity<'g>| *set.kind() == Kind::ReplicaSet && set.annotation(REVISION).scalar().as_ref() == Some(&wanted);
    deployment.to(Relation::Owns).find(is)
}

/// The template of a revision, as the Deployment had it.
fn template(deployment: Entity<'_>, number: Revision) -> Result<Value, Refused> {
    let missing = || Refused::Value(format!("revision {number} was not captured with its template"));
    let set = Object::of(revision(deployment, number).ok_or_else(missing)?).ok_or_else(missing)?;
    let mut template = set.at("/spec/template").cloned().ok_or_else(missing)?;
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.remove(TEMPLATE_HASH);
    }
    if template.pointer("/spec/containers").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        return Err(missing());
    }
    Ok(template)
}

pub(super) fn roll_back(object: &Object<'_>, to: Revision) -> Result<Edits, Refused> {
    let current = object.entity.annotation(REVISION).scalar().and_then(|text| text.parse::<u32>().ok());
    if current.is_some_and(|current| current <= to.get()) {
        return Err(Refused::Value(format!("revision {to} is no earlier one")));
    }
    Ok(Edits::of([Edit::set("/spec/template", template(object.entity, to)?)]))
}

pub(super) fn restart(now: Timestamp) -> Edits {
    // The annotation is written in whole seconds, as kubectl writes it.
    let now = Timestamp::from_second(now.as_second()).unwrap_or(now).to_string();
    Edits::of([Edit::set(format!("/spec/template/metadata/annotations/{}", escape(RESTARTED_AT)), now)])
}

/// The path of a container, and the test that the container at that position is the one that is meant.
fn container(object: &Object<'_>, name: &ContainerName) -> Result<(String, (String, Value)), Refused> {
    let path = object.container(name.as_str()).ok_or_else(|| Refused::Value(format!("there is no container `{name}`")))?;
    let held = (format!("{path}/name"), json!(name.as_str()));
    Ok((path, held))
}

/// A container of an earlier revision.
fn earlier(object: &Object<'_>, number: Revision, name: &ContainerName) -> Result<Value, Refused> {
    let template = template(object.entity, number)?;
    let lists = ["/spec/containers", "/spec/initContainers"];
    let mut all = lists.iter().filter_map(|list| template.pointer(list)?.as_array()).flatten();
    let found = all.find(|own| own.get("name").and_then(Value::as_str) == Some(name.as_str()));
    found.cloned().ok_or_else(|| Refused::Value(format!("revision {number} has no container `{name}`")))
}

pub(super) fn set_image(
    site: &Site<'_>,
    object: &Object<'_>,
    name: &ContainerName,
    image: &Image,
    origin: &Origin,
    author: Author,
) -> Result<Edits, Refused> {
    match origin {
        Origin::Revision(number) => {
            if earlier(object, *number, name)?.get("image").and_then(Value::as_str) != Some(image.as_str()) {
                return Err(Refused::Value(format!("`{image}` did not run in revision {number}")));
            }
        }
        Origin::AllowedRegistry {} => {
            if author == Author::Model {
                return Err(Refused::Author("a model may go back to an image that ran, and choose no other"));
            }
            if !site.rules.registries_allowed.contains(image.registry()) {
                return Err(Refused::Value(format!("the registry `{}` is not allowed", image.registry())));
            }
        }
        Origin::Service { .. } | Origin::Stated {} => {
            return Err(Refused::Value("an image comes from a revision or an allowed registry".to_owned()));
        }
    }
    let (path, held) = container(object, name)?;
    Ok(Edits { edits: vec![Edit::set(format!("{path}/image"), image.as_str())], held: vec![held] })
}

pub(super) fn set_resources(
    object: &Object<'_>,
    name: &ContainerName,
    compute: Compute,
    request: Option<Amount>,
    limit: Option<Amount>,
) -> Result<Edits, Refused> {
    let (path, held) = container(object, name)?;
    if request.is_none() && limit.is_none() {
        return Err(Refused::Value("neither a request nor a limit is given".to_owned()));
    }
    if request.iter().chain(&limit).any(|amount| !amount.is_of(compute)) {
        return Err(Refused::Value(format!("an amount is not of {}", compute.as_str())));
    }
    let place = |part: &str| format!("{path}/resources/{part}/{}", compute.as_str());
    let now = |part: &str| object.at(&place(part)).and_then(quantity_of);
    let asked = request.map(Amount::milli).or_else(|| now("requests"));
    let held_to = limit.map(Amount::milli).or_else(|| now("limits"));
    if let (Some(asked), Some(held_to)) = (asked, held_to)
        && asked > held_to
    {
        return Err(Refused::Value("the request would be more than the limit".to_owned()));
    }
    let parts = [("requests", request), ("limits", limit)];
    let edits: Vec<Edit> = parts
        .into_iter()
        .filter_map(|(part, amount)| Some((part, amount?)))
        .filter(|(part, amount)| now(part) != Some(amount.milli()))
        .map(|(part, amount)| Edit::set(place(part), amount.to_string()))
        .collect();
    if edits.is_empty() {
        return Err(Refused::Value("these amounts are set already".to_owned()));
    }
    Ok(Edits { edits, held: vec![held] })
}

/// A quantity, spelled as text or as a number.
pub(crate) fn quantity_of(value: &Value) -> Option<i128> {
    match value {
        Value::String(text) => quantity::milli(text),
        Value::Number(number) => quantity::milli(&number.to_string()),
        _ => None,
    }
}

pub(super) fn set_env(
    site: &Site<'_>,
    object: &Object<'_>,
    (name, variable, value): (&ContainerName, &EnvName, &SettingValue),
    origin: &Origin,
    author: Author,
) -> Result<Edits, Refused> {
    let (path, held) = container(object, name)?;
    let list = object.at(&format!("{path}/env")).and_then(Value::as_array);
    let at = list.and_then(|list| list.iter().position(|own| own.get("name").and_then(Value::as_str) == Some(variable.as_str())));
    let own = |index: usize| object.at(&format!("{path}/env/{index}"));
    let now = at.and_then(own).and_then(|entry| entry.get("value")).and_then(Value::as_str);
    if at.and_then(own).is_some_and(|entry| entry.get("valueFrom").is_some()) {
        return Err(Refused::Value(format!("`{variable}` takes its value from elsewhere")));
    }
    match origin {
        Origin::Revision(number) => {
            let earlier = earlier(object, *number, name)?;
            let mut variables = earlier.get("env").and_then(Value::as_array).into_iter().flatten();
            let then = variables.find(|own| own.get("name").and_then(Value::as_str) == Some(variable.as_str()));
            if then.and_then(|own| own.get("value")).and_then(Value::as_str) != Some(value.as_str()) {
                return Err(Refused::Value(format!("revision {number} had another value of `{variable}`")));
            }
        }
        Origin::Service { .. } => {
            let now = now.ok_or_else(|| Refused::Value(format!("`{variable}` has no value of its own")))?;
            address::check(site.graph, object.entity, (variable.as_str(), now, value.as_str()), origin)?;
        }
        Origin::Stated {} if author == Author::Person => {}
        Origin::Stated {} | Origin::AllowedRegistry {} => return Err(Refused::Author("only a person may state a value")),
    }
    let (edit, second) = match at {
        Some(index) => {
            let entry = format!("{path}/env/{index}");
            (Edit::set(format!("{entry}/value"), value.as_str()), Some((format!("{entry}/name"), json!(variable.as_str()))))
        }
        None => {
            let entry = json!({ "name": variable.as_str(), "value": value.as_str() });
            match list {
                Some(list) => (Edit::set(format!("{path}/env/{}", list.len()), entry), None),
                None => (Edit::set(format!("{path}/env"), json!([entry])), None),
            }
        }
    };
    Ok(Edits { edits: vec![edit], held: [held].into_iter().chain(second).collect() })
}
