//! `assent investigate`: reads, investigates, prints.

use anyhow::{Context, bail};
use assent_base::time;
use assent_capture::set::CaptureSet;
use assent_diagnosis::report::{Report, Verdict};
use assent_diagnosis::{Options, wanted};
use assent_evidence::{Graph, labels};
use assent_observe::{Access, Cluster, LogLimits, Scope, WantedLog};

use crate::cli::Investigate;
use crate::progress::Progress;
use crate::{input, plans, print, render, save};

/// Runs the command and gives its exit code.
pub(crate) fn run(asked: &Investigate) -> anyhow::Result<u8> {
    let progress = Progress::new();
    let set = match &asked.input {
        Some(path) => select(input::read(path, &input::limits(&asked.bounds), &progress)?, asked.selector.as_deref())?,
        None => live(asked, &progress)?,
    };
    if let Some(path) = &asked.save {
        save::write(&set, path)?;
    }
    progress.say("explaining");
    let graph = Graph::build(set, asked.at);
    let report = assent_diagnosis::investigate(&graph, &options(asked, &graph));
    progress.done();
    if asked.plans {
        let proposed = plans::propose(&graph, &report, asked.at);
        if let Some(folder) = &asked.patches {
            plans::write_patches(&proposed, folder)?;
        }
        print(&render::with_plans(&report, &proposed, &asked.shape)?)?;
    } else {
        print(&render::report(&report, &asked.shape)?)?;
    }
    // The program ends here. Freeing the nodes of a large cluster one by one would take a fifth of its time.
    std::mem::forget(graph);
    Ok(exit_code(&report))
}

/// 0 healthy, 1 causes found, 2 inconclusive.
pub(crate) fn exit_code(report: &Report) -> u8 {
    match report.verdict {
        Verdict::Healthy => 0,
        Verdict::RootCause => 1,
        Verdict::Inconclusive => 2,
    }
}

fn options(asked: &Investigate, graph: &Graph) -> Options {
    Options {
        namespaces: asked.namespaces.clone(),
        focus: asked.focus.clone(),
        since: asked.since.and_then(|span| time::earlier(graph.as_of?, span)),
        causes_max: asked.max_causes,
        explain_all: asked.explain_all,
    }
}

/// Drops the pods that a label selector does not take.
fn select(mut set: CaptureSet, selector: Option<&str>) -> anyhow::Result<CaptureSet> {
    let Some(selector) = selector else { return Ok(set) };
    let wanted = labels::parse(selector).with_context(|| format!("`{selector}` is no label selector"))?;
    let drop: Vec<bool> = set
        .objects
        .iter()
        .map(|object| {
            object.reference.kind == assent_base::Kind::Pod
                && !set.root(object).is_some_and(|root| wanted.iter().all(|one| one.takes(root.at("metadata/labels"))))
        })
        .collect();
    let mut drop = drop.into_iter();
    set.objects.retain(|_| !drop.next().unwrap_or(false));
    // With pods left out on purpose, their absence proves nothing.
    set.listed.retain(|listed| listed.kind != assent_base::Kind::Pod);
    Ok(set)
}

/// Reads the live cluster: lists first, then the logs that what is wrong there calls for.
fn live(asked: &Investigate, progress: &Progress) -> anyhow::Result<CaptureSet> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
    let access = Access {
        kubeconfig: asked.kubeconfig.clone(),
        context: asked.context.clone(),
        request_timeout: std::time::Duration::from_secs(asked.request_timeout.unsigned_abs().max(1)),
        proxy: crate::surroundings::proxy(asked.proxy.as_deref(), asked.no_proxy.as_deref())?,
        ..Access::default()
    };
    let namespaces = (!asked.namespaces.is_empty()).then(|| asked.namespaces.clone());
    let scope = Scope { namespaces, selector: asked.selector.clone() };
    runtime.block_on(async {
        progress.say("reaching the cluster");
        let cluster = Cluster::connect(&access).await?;
        let mut set = cluster.list(&scope, progress).await?;
        if let (true, Some(first)) = (set.objects.is_empty(), set.problems.first()) {
            bail!(
                "{} answers, and shows nothing of itself to this user: {} lists were refused or failed. The first, {}: {}. \
                 Bind the user to a ClusterRole with get and list on what it should see, such as the built-in `view`",
                cluster.name(),
                set.problems.len(),
                first.place,
                first.what
            );
        }
        cluster.metrics(&mut set, &scope).await;
        let graph = Graph::build(set, asked.at);
        let wanted: Vec<WantedLog> = wanted::logs(&graph, &options(asked, &graph))
            .into_iter()
            .map(|log| WantedLog { pod: log.pod, container: log.container, previous: log.previous })
            .collect();
        let mut set = graph.set;
        progress.say("reading logs");
        cluster.logs(&mut set, &wanted, LogLimits::default()).await;
        anyhow::Ok(set)
    })
}
