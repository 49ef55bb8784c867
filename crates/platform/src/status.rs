//! What anyone may know about this platform.

use assent_api::Problem;
use assent_api::operations::GetPublicStatus;
use assent_api::status::{Level, Objective, Part, PublicStatus};
use assent_http::{Handle, Input, Platform as _, Reply};

use crate::caller::Caller;
use crate::plane::ControlPlane;

/// Share of requests that are answered without fault of the platform, as promised.
const TARGET_PERCENT: f64 = 99.9;

impl Handle<GetPublicStatus> for ControlPlane {
    async fn handle(&self, _: Caller, _: Input<GetPublicStatus>) -> Result<Reply<GetPublicStatus>, Problem> {
        let counts = &self.inner.settings.counts;
        let requests = counts.requests();
        let measured = (requests > 0).then(|| percent(requests.saturating_sub(counts.faults()), requests));
        let mut parts = vec![Part {
            name: "api".to_owned(),
            level: if measured.is_none_or(|share| share >= TARGET_PERCENT) { Level::Working } else { Level::Degraded },
        }];
        for part in self.readiness().await.parts {
            let level = match (part.waits_for, part.notice) {
                (Some(_), _) => Level::Stopped,
                (None, Some(_)) => Level::Degraded,
                (None, None) => Level::Working,
            };
            parts.push(Part { name: part.name.to_owned(), level });
        }
        let diagnosis = if self.inner.watched.any_stopped() { Level::Degraded } else { Level::Working };
        parts.push(Part { name: "diagnosis".to_owned(), level: diagnosis });
        let level = parts.iter().map(|part| part.level).max().unwrap_or(Level::Working);
        let objective = Objective { target_percent: TARGET_PERCENT, measured_percent: measured, requests };
        Ok(Reply::new(PublicStatus { level, parts, objective, at: self.now() }))
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share for people, of counts far below 2^52")]
fn percent(part: u64, whole: u64) -> f64 {
    part as f64 * 100.0 / whole as f64
}
