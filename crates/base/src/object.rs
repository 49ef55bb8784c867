//! A name for one object of a cluster: kind, namespace and name.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::kind::Kind;

/// Names one object. Cluster-scoped objects, and objects whose namespace the input omits, have none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ObjectRef {
    /// What it is.
    pub kind: Kind,
    /// Where it lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<Box<str>>,
    /// What it is called.
    pub name: Box<str>,
}

impl ObjectRef {
    /// Names an object; the namespace of a cluster-scoped kind is dropped.
    #[must_use]
    pub fn new(kind: Kind, namespace: Option<&str>, name: &str) -> Self {
        let namespace = namespace.filter(|text| kind.is_namespaced() && !text.is_empty()).map(Into::into);
        Self { kind, namespace, name: name.into() }
    }

    /// The namespace as text, if there is one.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// Another object in the same namespace.
    #[must_use]
    pub fn beside(&self, kind: Kind, name: &str) -> Self {
        Self::new(kind, self.namespace(), name)
    }
}

/// `Deployment shop/checkout`, as a person says it.
impl fmt::Display for ObjectRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(out, "{} {namespace}/{}", self.kind, self.name),
            None => write!(out, "{} {}", self.kind, self.name),
        }
    }
}

/// What is wrong with text that should name an object.
#[derive(Debug, PartialEq, Eq)]
pub struct BadObjectRef {
    text: String,
}

impl fmt::Display for BadObjectRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` names no object: write kind/name, for instance deployment/checkout", self.text)
    }
}

impl std::error::Error for BadObjectRef {}

/// Reads `deployment/checkout` or `deployment/shop/checkout`.
impl FromStr for ObjectRef {
    type Err = BadObjectRef;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadObjectRef { text: text.to_owned() };
        let mut parts = text.split('/');
        let (Some(kind), Some(second)) = (parts.next(), parts.next()) else { return Err(bad()) };
        let kind = Kind::from_word(kind).ok_or_else(bad)?;
        let (namespace, name) = match parts.next() {
            Some(name) => (Some(second), name),
            None => (None, second),
        };
        if name.is_empty() || parts.next().is_some() { Err(bad()) } else { Ok(Self::new(kind, namespace, name)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_reads_kind_and_name_with_or_without_namespace() {
        assert_eq!("deploy/checkout".parse(), Ok(ObjectRef::new(Kind::Deployment, None, "checkout")));
        assert_eq!("pod/shop/a".parse(), Ok(ObjectRef::new(Kind::Pod, Some("shop"), "a")));
        assert!("checkout".parse::<ObjectRef>().is_err());
        assert!("gizmo/checkout".parse::<ObjectRef>().is_err());
        assert!("pod/".parse::<ObjectRef>().is_err());
    }
}
