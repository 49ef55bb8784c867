//! The policies that ship, and those of a tenant.

/// Cedar text that ships with Assent. Each policy in it carries its name as `@id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pack {
    /// Its name.
    pub name: &'static str,
    /// Cedar.
    pub text: &'static str,
}

/// Cedar text of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantPolicy {
    /// Its name. Reasons name its first policy `tenant:NAME`, its second `tenant:NAME#2`.
    pub name: String,
    /// Cedar.
    pub text: String,
}

impl Pack {
    /// What roles may do, and what differs by criticality.
    pub const STANDARD: &'static [Pack] = &[
        Pack { name: "roles", text: include_str!("../packs/roles.cedar") },
        Pack { name: "lab", text: include_str!("../packs/lab.cedar") },
        Pack { name: "prod", text: include_str!("../packs/prod.cedar") },
    ];

    /// What no policy can permit. It is in every engine and no choice of the caller.
    pub(crate) const GUARD: Pack = Pack { name: "guard", text: include_str!("../packs/guard.cedar") };
}
