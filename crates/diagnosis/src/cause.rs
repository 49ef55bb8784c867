//! An entry of the cause catalogue: a stable id and what a person should know of it.

use crate::causes;

/// One cause. The texts are for people; `docs/causes/` is generated from them.
#[derive(Debug, Clone, Copy)]
pub struct Cause {
    /// Stable id: `image.not_found`.
    pub id: &'static str,
    /// A few words: `The image or its tag does not exist`.
    pub title: &'static str,
    /// What it means, in two or three sentences.
    pub meaning: &'static str,
    /// What proves it.
    pub proof: &'static str,
    /// What refutes it.
    pub refutation: &'static str,
    /// Ids of causes that look alike.
    pub confused_with: &'static [&'static str],
    /// What usually fixes it, most usual first.
    pub fixes: &'static [&'static str],
    /// How much it says, 0 to 100. A cause that only restates a symptom (`app.exited`) is low; one that names the broken field
    /// is high. Of two that explain the same, the higher is kept.
    pub depth: u8,
}

/// All causes, sorted by id.
#[must_use]
pub fn catalogue() -> Vec<&'static Cause> {
    let mut all: Vec<&'static Cause> = causes::FAMILIES.iter().flat_map(|family| family.causes).collect();
    all.sort_by_key(|cause| cause.id);
    all
}

/// The cause with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Cause> {
    causes::FAMILIES.iter().flat_map(|family| family.causes).find(|cause| cause.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_confusions_exist() {
        let all = catalogue();
        for pair in all.windows(2) {
            assert_ne!(pair[0].id, pair[1].id);
        }
        for cause in &all {
            for other in cause.confused_with {
                assert!(find(other).is_some(), "`{}` is confused with `{other}`, which is no cause", cause.id);
            }
            assert!(cause.depth <= 100 && !cause.fixes.is_empty() && !cause.proof.is_empty(), "{}", cause.id);
        }
    }
}
