//! Watches one cluster, read-only, and sends what it sees to the control plane.

fn main() {}
