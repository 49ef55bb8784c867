//! Jobs that failed and cron jobs that start none.

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::finding::{Finding, Symptom};
use crate::said;

/// Offers candidates.
pub(super) fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    for (index, finding) in case.findings.iter().enumerate() {
        match finding.symptom {
            Symptom::JobFailed => out.extend(job(case, index, finding)),
            Symptom::CronJobIdle => out.extend(cron_job(case, index, finding)),
            // A pod of a job that ran out of time says the same.
            Symptom::PodFailed if &*finding.reason == "DeadlineExceeded" => out.extend(job(case, index, finding)),
            _ => {}
        }
    }
}

fn job(case: &Case<'_>, index: usize, finding: &Finding) -> Option<Candidate> {
    let here = case.entity(finding.on);
    let owner = case.owner(finding.on);
    let told = here.reference();
    if finding.reason.contains("Deadline") {
        let bound = [here, owner].into_iter().find_map(|holder| {
            let paths = ["spec/activeDeadlineSeconds", "spec/jobTemplate/spec/activeDeadlineSeconds"];
            paths.into_iter().map(|path| holder.at(path)).find(|at| at.exists()).map(|at| (holder, at))
        });
        let seconds = bound.and_then(|(_, at)| at.scalar()).map(|seconds| format!(" of {seconds} s")).unwrap_or_default();
        let says = format!("{told} ran longer than its `activeDeadlineSeconds`{seconds} and was ended");
        let strength = if bound.is_some() { Strength::Proven } else { Strength::Stated };
        return Some(
            Candidate::new("job.deadline_exceeded", owner.id, strength, says)
                .quote(finding.quotes.iter().cloned())
                .quote(bound.and_then(|(holder, at)| case.quote(at, holder)))
                .explain([index])
                .next(format!("Raise `activeDeadlineSeconds` in {}, or find what makes it slow", owner.reference())),
        );
    }
    let limit = here.at("spec/backoffLimit");
    let times = limit.int().map(|limit| format!(" (`backoffLimit: {limit}`)")).unwrap_or_default();
    let says = format!("{told} used up its attempts{times}; the input does not show why its pods fail");
    // Where a pod shows how it failed, that is nearer to the cause.
    let pods_tell = here.pods().iter().any(|pod| case.is_ill(pod.id));
    let strength = if pods_tell { Strength::Suspected } else { Strength::Stated };
    Some(
        Candidate::new("job.backoff_limit", owner.id, strength, says)
            .quote(finding.quotes.iter().cloned())
            .quote(case.quote(limit, here))
            .explain([index])
            .missing(
                format!("what the last pod of {told} printed"),
                format!("kubectl logs job/{}{}", here.name(), crate::wording::in_namespace(here)),
            )
            .next(format!("Read the log of its last pod: kubectl logs job/{}{}", here.name(), crate::wording::in_namespace(here))),
    )
}

fn cron_job(case: &Case<'_>, index: usize, finding: &Finding) -> Option<Candidate> {
    let cron = case.entity(finding.on);
    let who = cron.reference();
    let message = said::of(case, finding, &[&finding.reason]).into_iter().find(|said| said.by == said::By::Event);
    let words = message.as_ref().map(|said| crate::wording::short(&said.text)).unwrap_or_default();
    let schedule = cron.at("spec/schedule");
    let (cause, says, field, next) = match &*finding.reason {
        "UnknownTimeZone" => {
            let zone = cron.at("spec/timeZone");
            let says = format!("The time zone `{}` of {who} is not known: {words}", zone.text_or_empty());
            ("cronjob.schedule_invalid", says, zone, "Correct `spec.timeZone`: a name of the IANA database")
        }
        "UnparseableSchedule" | "InvalidSchedule" => {
            let says = format!("The schedule `{}` of {who} cannot be read: {words}", schedule.text_or_empty());
            ("cronjob.schedule_invalid", says, schedule, "Correct `spec.schedule`: minute, hour, day, month, weekday")
        }
        "Suspended" => {
            let says = format!("{who} is suspended (`spec.suspend: true`), so it starts no jobs");
            ("cronjob.suspended", says, cron.at("spec/suspend"), "Set `spec.suspend` to false")
        }
        "TooManyMissedTimes" => too_many(&who.to_string(), &words, cron),
        "FailedNeedsStart" if words.contains("missed") => too_many(&who.to_string(), &words, cron),
        "JobAlreadyActive" => {
            let policy = cron.at("spec/concurrencyPolicy");
            let says = format!("{who} starts no job because an earlier one still runs and `concurrencyPolicy` is Forbid");
            ("cronjob.concurrency_forbidden", says, policy, "Find why the earlier job does not end; bound it with `activeDeadlineSeconds`")
        }
        _ => return None,
    };
    let agreed = case.quote(field, cron);
    let strength = if agreed.is_some() { Strength::Proven } else { Strength::Stated };
    Some(
        Candidate::new(cause, cron.id, strength, says)
            .quote(message.map(|said| said.quote))
            .quote(agreed)
            .quote(finding.quotes.iter().cloned())
            .explain([index])
            .next(next),
    )
}

fn too_many<'g>(
    who: &str,
    words: &str,
    cron: assent_evidence::Entity<'g>,
) -> (&'static str, String, assent_capture::tree::At<'g>, &'static str) {
    let says = format!("{who} missed too many starts, and its controller starts no more: {words}");
    (
        "cronjob.too_many_missed",
        says,
        cron.at("status/lastScheduleTime"),
        "Set `startingDeadlineSeconds` in `spec`, so that only recent starts are counted",
    )
}
