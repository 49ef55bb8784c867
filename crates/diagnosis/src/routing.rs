//! How traffic finds its way: Services, the pods behind them, who calls them, and where that breaks.
//!
//! Symptoms and causes of routing are read off the same facts, so both ask here. [`fault::Fault`] is one such fact: what is
//! visibly wrong, and the broken field that makes it so.

pub(crate) mod address;
pub(crate) mod check;
pub(crate) mod fault;
pub(crate) mod ingress;
pub(crate) mod policy;
pub(crate) mod ports;
pub(crate) mod service;
