//! One API server: read an object, try a change, make it.

use std::collections::BTreeSet;

use assent_base::{Digest, Kind};
use assent_plan::plan::{Request, Target};
use assent_plan::resource::Verb;
use http::Method;
use serde_json::Value;

use crate::not_done::NotDone;
use crate::path;
use crate::send::{Ask, Said, Sender};

/// Under this name the API server notes which fields are ours.
pub const FIELD_MANAGER: &str = "assent";

/// Under whose name something is asked: a person's, with the rights that the API server gives them.
#[derive(Debug, Clone, Copy)]
pub struct Whom<'a> {
    /// The user.
    pub user: &'a str,
    /// The groups that come along.
    pub groups: &'a BTreeSet<String>,
}

/// A change that would be taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// The object as it would be.
    pub object: Value,
    /// The digest of that, in canonical JSON.
    pub digest: Digest,
    /// What the API server warns of.
    pub warnings: Vec<String>,
}

/// A change that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The object's resource version; absent of a deletion.
    pub resource_version: Option<String>,
}

/// One API server.
#[derive(Clone)]
pub struct Cluster {
    sender: Sender,
    home: String,
}

impl Cluster {
    pub(crate) fn new(sender: Sender, home: String) -> Self {
        Self { sender, home }
    }

    pub(crate) fn sender(&self) -> &Sender {
        &self.sender
    }

    /// The namespace that we live in.
    #[must_use]
    pub fn home(&self) -> &str {
        &self.home
    }

    /// The UID of the namespace `kube-system`, by which a cluster is told from every other. Read under our own account.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn uid(&self) -> Result<String, NotDone> {
        let said = self.sender.send(Ask { method: Method::GET, path: "/api/v1/namespaces/kube-system", whom: None, body: None }).await?;
        let uid = said.body.pointer("/metadata/uid").and_then(Value::as_str);
        uid.map(str::to_owned).ok_or_else(|| NotDone::Unknown("a namespace without a UID".to_owned()))
    }

    /// Reads an object; none if it is not there.
    ///
    /// # Errors
    /// When this user may not, or nobody knows.
    pub async fn get(&self, whom: &Whom<'_>, target: &Target) -> Result<Option<Value>, NotDone> {
        self.read(whom, &path::object(target)).await
    }

    /// Reads an object of a kind that makes others; none if it is not there.
    ///
    /// # Errors
    /// As [`Cluster::get`], or when it is of another kind.
    pub async fn get_maker(&self, whom: &Whom<'_>, kind: &Kind, namespace: Option<&str>, name: &str) -> Result<Option<Value>, NotDone> {
        let path = path::of_kind(kind, namespace, name).ok_or_else(|| NotDone::Invalid(format!("nothing is read of a {kind}")))?;
        self.read(whom, &path).await
    }

    /// Reads the endpoint slices of a Service, the first hundred of them.
    ///
    /// # Errors
    /// As [`Cluster::get`].
    pub async fn endpoint_slices(&self, whom: &Whom<'_>, namespace: &str, service: &str) -> Result<Vec<Value>, NotDone> {
        let path = path::slices(namespace, service);
        let said = self.sender.send(Ask { method: Method::GET, path: &path, whom: Some(whom), body: None }).await?;
        Ok(said.body.get("items").and_then(Value::as_array).cloned().unwrap_or_default())
    }

    async fn read(&self, whom: &Whom<'_>, path: &str) -> Result<Option<Value>, NotDone> {
        match self.sender.send(Ask { method: Method::GET, path, whom: Some(whom), body: None }).await {
            Ok(said) => Ok(Some(said.body)),
            Err(NotDone::Gone(_)) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// Asks whether a change would be taken, with everything that admission says, and changes nothing.
    ///
    /// # Errors
    /// When it would not.
    pub async fn try_out(&self, whom: &Whom<'_>, target: &Target, request: &Request) -> Result<Tried, NotDone> {
        let Said { body, warnings } = self.change(whom, target, request, true).await?;
        let canonical = canonical(&body)?;
        Ok(Tried { digest: Digest::of(&canonical), object: body, warnings })
    }

    /// Makes a change.
    ///
    /// # Errors
    /// When it is not made, or nobody knows.
    pub async fn write(&self, whom: &Whom<'_>, target: &Target, request: &Request) -> Result<Written, NotDone> {
        let said = self.change(whom, target, request, false).await?;
        let version = match request.verb() {
            Verb::Delete => None,
            Verb::Patch => said.body.pointer("/metadata/resourceVersion").and_then(Value::as_str).map(str::to_owned),
        };
        Ok(Written { resource_version: version })
    }

    async fn change(&self, whom: &Whom<'_>, target: &Target, request: &Request, is_dry: bool) -> Result<Said, NotDone> {
        let body = request.body().map_err(|error| NotDone::Invalid(error.to_string()))?;
        let dry = if is_dry { "dryRun=All" } else { "" };
        let (method, query, body) = match request.verb() {
            Verb::Patch => (Method::PATCH, format!("fieldManager={FIELD_MANAGER}&fieldValidation=Strict&{dry}"), body),
            // The query of a deletion counts for nothing beside a body: a dry run that is asked for there alone deletes.
            Verb::Delete if is_dry => (Method::DELETE, dry.to_owned(), with_dry_run(&body)?),
            Verb::Delete => (Method::DELETE, String::new(), body),
        };
        let path = format!("{}?{query}", path::object(target));
        let path = path.trim_end_matches(['?', '&']);
        self.sender.send(Ask { method, path, whom: Some(whom), body: Some((request.media_type(), body)) }).await
    }
}

/// The options of a deletion, as a dry run. An object that cannot be given them is not sent.
fn with_dry_run(options: &[u8]) -> Result<Vec<u8>, NotDone> {
    let unfit = || NotDone::Invalid("the deletion cannot be tried".to_owned());
    let mut options: Value = serde_json::from_slice(options).map_err(|_| unfit())?;
    options.as_object_mut().ok_or_else(unfit)?.insert("dryRun".to_owned(), serde_json::json!(["All"]));
    serde_json::to_vec(&options).map_err(|_| unfit())
}

/// Keys in order, without what is another with each request.
fn canonical(object: &Value) -> Result<Vec<u8>, NotDone> {
    let mut object = object.clone();
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
        metadata.remove("resourceVersion");
    }
    sorted(&mut object);
    serde_json::to_vec(&object).map_err(|_| NotDone::Unknown("the answer is no JSON".to_owned()))
}

fn sorted(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.sort_keys();
            map.values_mut().for_each(sorted);
        }
        Value::Array(items) => items.iter_mut().for_each(sorted),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deletion_that_is_tried_says_so_in_its_body() {
        let body = Request::Delete { uid: Some("u-1".to_owned()) }.body().unwrap();
        let dry: Value = serde_json::from_slice(&with_dry_run(&body).unwrap()).unwrap();
        let expected = serde_json::json!({
            "apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": "u-1"}, "dryRun": ["All"],
        });
        assert_eq!(dry, expected);
        assert!(with_dry_run(b"[]").is_err());
    }
}
