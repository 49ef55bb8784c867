//! Where things are, as far as re-examination goes: a change at a place concerns the slices that reach it.

use std::fmt;
use std::str::FromStr;

use assent_base::{Kind, ObjectRef};
use assent_capture::tree::At;
use assent_diagnosis::Home;
use assent_evidence::events;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What is examined at once: a namespace, or what belongs to none. Whatever these reach is looked at with them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slice {
    /// Nodes, classes, webhooks and the like.
    Cluster,
    /// A namespace.
    Namespace(Box<str>),
}

impl Slice {
    /// The slice of a namespace.
    #[must_use]
    pub fn namespace(name: &str) -> Self {
        Slice::Namespace(name.into())
    }

    pub(crate) fn home(&self) -> Home {
        match self {
            Slice::Cluster => Home::Cluster,
            Slice::Namespace(name) => Home::Namespace(name.clone()),
        }
    }
}

/// `cluster`, `namespace/shop`.
impl fmt::Display for Slice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Slice::Cluster => out.write_str("cluster"),
            Slice::Namespace(name) => write!(out, "namespace/{name}"),
        }
    }
}

/// Text that names no slice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no slice: expected `cluster` or `namespace/NAME`")]
pub struct BadSlice(String);

impl FromStr for Slice {
    type Err = BadSlice;

    fn from_str(text: &str) -> Result<Self, BadSlice> {
        match text.strip_prefix("namespace/") {
            Some(name) if !name.is_empty() => Ok(Slice::namespace(name)),
            None if text == "cluster" => Ok(Slice::Cluster),
            _ => Err(BadSlice(text.to_owned())),
        }
    }
}

impl Serialize for Slice {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Slice {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(input)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Something that a slice may reach.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// Cluster-scoped objects that everything may need: classes, roles, webhooks.
    Common,
    /// All objects of a namespace, and the namespace itself.
    Namespace(Box<str>),
    /// A node, and what is said of it.
    Node(Box<str>),
    /// A volume.
    Volume(Box<str>),
    /// Whoever has this address.
    Address(Box<str>),
    /// Every node.
    Nodes,
    /// Every volume.
    Volumes,
    /// The object of every namespace.
    Namespaces,
    /// Every Service, in outline.
    Services,
    /// Every pod, in outline.
    Pods,
    /// The pods of a node.
    PodsOf(Box<str>),
}

impl Place {
    /// The slice that a place belongs to, if it belongs to one.
    pub(crate) fn slice(&self) -> Option<Slice> {
        match self {
            Place::Namespace(name) => Some(Slice::Namespace(name.clone())),
            Place::Common | Place::Node(_) | Place::Volume(_) => Some(Slice::Cluster),
            Place::Address(_) | Place::Nodes | Place::Volumes | Place::Namespaces | Place::Services | Place::Pods | Place::PodsOf(_) => {
                None
            }
        }
    }

    /// Where an object is; an event is where that is which it speaks of.
    pub(crate) fn of(object: &ObjectRef, root: At<'_>) -> Self {
        match object.kind {
            Kind::Event => match events::involved(root) {
                Some(of) => Self::of_reference(&of, object.namespace()),
                None => Self::of_reference(object, None),
            },
            Kind::VolumeAttachment => Place::Node(root.at("spec/nodeName").text_or_empty().into()),
            _ => Self::of_reference(object, None),
        }
    }

    fn of_reference(object: &ObjectRef, or: Option<&str>) -> Self {
        match (&object.kind, object.namespace()) {
            (Kind::Namespace, _) => Place::Namespace(object.name.clone()),
            (Kind::Node | Kind::CSINode, _) => Place::Node(object.name.clone()),
            (Kind::PersistentVolume, _) => Place::Volume(object.name.clone()),
            (Kind::Other(word), None) if &**word == "NodeMetrics" => Place::Node(object.name.clone()),
            (_, Some(namespace)) => Place::Namespace(namespace.into()),
            (kind, None) => match or.filter(|_| kind.is_namespaced()) {
                Some(namespace) => Place::Namespace(namespace.into()),
                None => Place::Common,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_reads_back() {
        for slice in [Slice::Cluster, Slice::namespace("shop")] {
            assert_eq!(slice.to_string().parse(), Ok(slice));
        }
        assert!("namespace/".parse::<Slice>().is_err() && "shop".parse::<Slice>().is_err());
    }
}
