//! All policies of one tenant, checked and ready to be asked.

use std::collections::BTreeMap;

use assent_base::Digest;
use assent_base::id::TenantId;
use cedar_policy::{Authorizer, Effect, Policy, PolicyId, PolicySet, ValidationMode};

use crate::ask::Ask;
use crate::bad_policy::BadPolicy;
use crate::depth;
use crate::judgement::{Judgement, Permit, Refusal, Why};
use crate::pack::{Pack, TenantPolicy};
use crate::scope::{self, Roles};
use crate::slice::{Slices, Slicing};
use crate::vocabulary::{Vocabulary, schema_text};

/// Bytes of one policy text of a tenant at most.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Policies of one tenant at most, counted after texts with several are taken apart.
pub const POLICIES_MAX: usize = 2_000;

/// All policies of one tenant. It decides about this tenant and refuses every ask about another.
#[derive(Debug)]
pub struct Engine {
    tenant: TenantId,
    vocabulary: &'static Vocabulary,
    policies: BTreeMap<String, Policy>,
    slices: Slices,
    authorizer: Authorizer,
    digest: Digest,
}

/// What one evaluation found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) permits: Vec<String>,
    pub(crate) forbids: Vec<String>,
    pub(crate) errors: Vec<String>,
    pub(crate) asked: usize,
}

impl Engine {
    /// Reads and checks the guard, the packs and the tenant's own policies. One bad text, and there is no engine.
    pub fn compile(tenant: TenantId, packs: &[Pack], policies: &[TenantPolicy]) -> Result<Self, BadPolicy> {
        Self::build(tenant, packs, policies, Slicing::ByHead)
    }

    /// The same, but every ask is put to every policy. Slower, with the same answers: the yardstick of tests and measurements.
    pub fn compile_unsliced(tenant: TenantId, packs: &[Pack], policies: &[TenantPolicy]) -> Result<Self, BadPolicy> {
        Self::build(tenant, packs, policies, Slicing::Off)
    }

    fn build(tenant: TenantId, packs: &[Pack], texts: &[TenantPolicy], slicing: Slicing) -> Result<Self, BadPolicy> {
        let vocabulary = Vocabulary::shared()?;
        let mut policies = BTreeMap::new();
        for pack in std::iter::once(&Pack::GUARD).chain(packs) {
            let set = check(vocabulary, pack.name, pack.text)?;
            for policy in set {
                let id = policy.annotation("id").map(str::to_owned);
                let id = id.ok_or_else(|| BadPolicy::whole(pack.name, "a policy of a pack needs an `@id`"))?;
                insert(&mut policies, pack.name, id, &policy)?;
            }
        }
        let shipped = policies.len();
        for text in texts {
            for (index, policy) in check(vocabulary, &text.name, &text.text)?.iter().enumerate() {
                let id = if index == 0 { format!("tenant:{}", text.name) } else { format!("tenant:{}#{}", text.name, index + 1) };
                insert(&mut policies, &text.name, id, policy)?;
            }
            if policies.len() - shipped > POLICIES_MAX {
                return Err(BadPolicy::whole(&text.name, format!("a tenant has at most {POLICIES_MAX} policies")));
            }
        }
        let slices = Slices::build(vocabulary, slicing, policies.values())?;
        let digest = digest(packs, texts);
        Ok(Self { tenant, vocabulary, policies, slices, authorizer: Authorizer::new(), digest })
    }

    /// Decides.
    pub fn decide(&self, ask: &Ask) -> Judgement {
        let refuse = |why| Judgement::Refuse(Refusal { why, digest: self.digest });
        // I5: not left to a policy.
        if ask.caller.tenant != self.tenant || ask.resource.tenant != self.tenant {
            return refuse(Why::OtherTenant);
        }
        let mut reasons = Vec::new();
        for roles in scope::roles_at(&ask.caller.grants, &ask.resource) {
            match self.evaluate(ask, roles).verdict() {
                Ok(permits) => reasons.extend(permits),
                Err(why) => return refuse(why),
            }
        }
        reasons.sort_unstable();
        reasons.dedup();
        Judgement::Permit(Permit::new(ask, reasons, self.digest))
    }

    /// The tenant that it decides about.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The digest of everything that decides, for the ledger: schema, guard, packs and the tenant's policies, in whatever order they came.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Policies in force, the guard and the packs included.
    #[must_use]
    pub fn policies(&self) -> usize {
        self.policies.len()
    }

    pub(crate) fn policy(&self, name: &str) -> Option<&Policy> {
        self.policies.get(name)
    }

    /// Puts the ask to every slice that can have a say, with the caller in these roles.
    pub(crate) fn evaluate(&self, ask: &Ask, roles: Roles) -> Findings {
        let mut findings = Findings::default();
        let cedar = match self.vocabulary.cedar_ask(ask, roles) {
            Ok(cedar) => cedar,
            Err(error) => return Findings { errors: vec![error], ..findings },
        };
        for set in self.slices.of(ask.action, &cedar.ties) {
            let response = self.authorizer.is_authorized(&cedar.request, set, &cedar.entities);
            findings.asked += set.num_of_policies();
            findings.errors.extend(response.diagnostics().errors().map(ToString::to_string));
            for id in response.diagnostics().reason() {
                match set.policy(id).map(Policy::effect) {
                    Some(Effect::Permit) => findings.permits.push(id.to_string()),
                    Some(Effect::Forbid) => findings.forbids.push(id.to_string()),
                    None => findings.errors.push(format!("policy `{id}` decided and is not there")),
                }
            }
        }
        findings.permits.sort_unstable();
        findings.forbids.sort_unstable();
        findings.errors.sort_unstable();
        findings
    }
}

impl Findings {
    /// The permits that suffice, or why not. I8: an error refuses, since the policy that failed might have been a forbid.
    fn verdict(self) -> Result<Vec<String>, Why> {
        if !self.errors.is_empty() {
            return Err(Why::Failed(self.errors));
        }
        if !self.forbids.is_empty() {
            return Err(Why::Forbidden(self.forbids));
        }
        if self.permits.is_empty() {
            return Err(Why::NotPermitted);
        }
        Ok(self.permits)
    }
}

/// Reads a text and checks it against the schema; its policies come in the order of the text.
fn check(vocabulary: &Vocabulary, name: &str, text: &str) -> Result<Vec<Policy>, BadPolicy> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(BadPolicy::whole(name, format!("the text has {} bytes; {TEXT_BYTES_MAX} are allowed", text.len())));
    }
    depth::check(text).map_err(|(offset, message)| BadPolicy::at(name, text, offset, message))?;
    let set: PolicySet = text.parse().map_err(|fault: cedar_policy::ParseErrors| BadPolicy::from_cedar(name, text, &fault))?;
    if set.num_of_templates() > 0 {
        return Err(BadPolicy::whole(name, "templates have nothing to be filled with here: name the principal and the resource"));
    }
    let result = vocabulary.validator.validate(&set, ValidationMode::Strict);
    if let Some(fault) = result.validation_errors().next() {
        return Err(BadPolicy::from_cedar(name, text, fault));
    }
    let mut policies: Vec<Policy> = set.policies().cloned().collect();
    // Cedar numbers the policies of a text: `policy0`, `policy1`, … `policy10`.
    policies.sort_by_key(|policy| policy.id().to_string().trim_start_matches("policy").parse::<usize>().unwrap_or(usize::MAX));
    Ok(policies)
}

fn insert(policies: &mut BTreeMap<String, Policy>, text: &str, id: String, policy: &Policy) -> Result<(), BadPolicy> {
    if policies.contains_key(&id) {
        return Err(BadPolicy::whole(text, format!("there are two policies named `{id}`")));
    }
    let policy = policy.new_id(PolicyId::new(&id));
    policies.insert(id, policy);
    Ok(())
}

fn digest(packs: &[Pack], texts: &[TenantPolicy]) -> Digest {
    let mut parts: Vec<(&str, &str, &str)> = packs.iter().map(|pack| ("pack", pack.name, pack.text)).collect();
    parts.extend(texts.iter().map(|text| ("tenant", text.name.as_str(), text.text.as_str())));
    parts.extend([("pack", Pack::GUARD.name, Pack::GUARD.text), ("schema", "", schema_text())]);
    parts.sort_unstable();
    let parts: Vec<&[u8]> = parts.iter().flat_map(|(kind, name, text)| [kind.as_bytes(), name.as_bytes(), text.as_bytes()]).collect();
    Digest::of_parts(&parts)
}
