//! The graph of one cluster: entities, typed edges between them, events and logs attached, every value with its bytes.
//!
//! [`Graph::build`] takes what [`assent_capture`] read. The same objects in another order give the same graph: entities are
//! numbered by their sorted references, edges are sorted, and of two captures of one object the newer and richer is believed.
//!
//! Example: Service `shop/redis` *selects* Pod `shop/redis-0`, which *runs on* Node `n1` and *mounts* claim `shop/data-redis-0`.

pub mod address;
pub mod changes;
pub mod edges;
pub mod entity;
pub mod events;
pub mod graph;
pub mod labels;
mod parts;
pub mod topology;

pub use entity::Entity;
pub use events::EventFact;
pub use graph::{Edge, EntityId, Graph, Relation};
