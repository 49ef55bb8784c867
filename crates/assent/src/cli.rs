//! The command line.

use std::path::PathBuf;

use assent_base::ObjectRef;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Explains what is wrong with a Kubernetes cluster, with evidence that a program has checked. Reads, and changes nothing.
#[derive(Debug, Parser)]
#[command(name = "assent", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find the root causes in a cluster, a support bundle, a dump, or a pasted transcript.
    #[command(after_help = "Exit codes: 0 healthy, 1 causes found, 2 inconclusive, 3 bad input or no access.")]
    Investigate(Box<Investigate>),
    /// Check every citation of a saved report against the input again.
    #[command(after_help = "Exit codes: 0 everything holds, 1 something does not, 3 bad input.")]
    Verify(Verify),
    /// List the causes that Assent knows, or explain one.
    Causes(Causes),
    /// Start the platform: API, diagnosis and ledger in one process.
    Up(Box<crate::up::Up>),
    /// Sign in to a platform, for the commands below.
    Login(crate::remote::Login),
    /// End the session.
    Logout(crate::remote::Logout),
    /// Say as whom the commands below ask, and with which rights.
    Whoami(crate::remote::Whoami),
    /// List incidents.
    Incidents(crate::remote::Incidents),
    /// Read an incident, or do something with it.
    Incident(Box<crate::remote::Incident>),
    /// List plans: what may be changed, and who is asked.
    Plans(crate::remote::Plans),
    /// Read a plan, from the very bytes that are signed.
    Plan(crate::remote::Plan),
    /// Propose a change for an incident, or adapt a plan of it.
    Propose(crate::remote::Propose),
    /// Say yes to a plan, signed with your SSH key.
    Approve(crate::remote::Approve),
    /// Say no to a plan, or have it taken back, signed with your SSH key.
    Reject(crate::remote::Reject),
    /// Take back what you said about a plan, signed with your SSH key.
    Withdraw(crate::remote::Withdraw),
    /// The SSH keys that you sign with.
    SshKey(crate::remote::SshKeys),
    /// What runs plans in a cluster.
    Executor(crate::remote::Executors),
    /// Clusters that are watched.
    Cluster(crate::remote::Clusters),
    /// Tenants, by whoever runs the installation.
    Tenant(crate::remote::Tenants),
    /// Check the proof that a tenant was deleted.
    Certificate(crate::remote::Certificates),
    /// Who may sign in, and what they may do.
    #[command(visible_alias = "members")]
    Member(crate::remote::Members),
    /// What groups of the identity provider may do.
    Group(crate::remote::Groups),
    /// Keys of machines that call the API.
    #[command(visible_alias = "api-key")]
    MachineKey(crate::remote::MachineKeys),
    /// Environments that clusters belong to.
    Environment(crate::remote::Environments),
    /// How long closed incidents are kept.
    Retention(crate::remote::Retentions),
    /// What is replaced before anything is kept.
    Redaction(crate::remote::Redaction),
    /// Ways in for alerts of other systems.
    AlertSource(crate::remote::AlertSources),
    /// What was done, and proof of it.
    Ledger(Box<crate::remote::Ledger>),
    /// What policies decide, and why.
    Policy(Box<crate::remote::Policy>),
    /// Where notifications go.
    Channel(Box<crate::remote::Channels>),
    /// Write a backup of an installation: database and ledger, without keys.
    Backup(crate::upkeep::Backup),
    /// Restore a backup into an empty data folder that has the keys.
    Restore(crate::upkeep::Restore),
    /// Check every row and every record of an installation.
    Check(crate::upkeep::Check),
    /// Rotate the keys that an installation seals its data under, or have another keep its root key. See `machine-key` for those of callers.
    Keys(crate::upkeep::Keys),
    /// What an observer may read.
    Observer(crate::remote::Observer),
    /// See the platform at work on a played cluster.
    Demo(crate::demo::Demo),
    /// Print the JSON Schema of the report.
    Schema,
    /// Write the generated pages of the documentation.
    #[command(hide = true)]
    Docs(Docs),
}

/// What to read and what to tell.
#[derive(Debug, Args)]
pub(crate) struct Investigate {
    /// A bundle or archive, a folder, a file, or `-` for standard input. Without it, the cluster of the current kubeconfig context.
    pub(crate) input: Option<PathBuf>,
    /// Only this namespace. May be given several times.
    #[arg(short, long = "namespace", value_name = "NAME")]
    pub(crate) namespaces: Vec<String>,
    /// Only pods that this label selector takes: `app=web,tier!=cache`.
    #[arg(short = 'l', long, value_name = "LABELS")]
    pub(crate) selector: Option<String>,
    /// Only what concerns this object: `deployment/checkout` or `pod/shop/checkout-7d9f-x`.
    #[arg(long, value_name = "KIND/NAME")]
    pub(crate) focus: Vec<ObjectRef>,
    /// Only what happened within this span before the capture: `30m`, `2h`, `1d`.
    #[arg(long, value_name = "SPAN", value_parser = span)]
    pub(crate) since: Option<i64>,
    /// Count ages from this instant (RFC 3339) and not from when the capture was taken.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(crate) at: Option<assent_base::Timestamp>,
    /// How many root causes to name.
    #[arg(long, value_name = "N", default_value_t = assent_diagnosis::engine::CAUSES_MAX_DEFAULT)]
    pub(crate) max_causes: usize,
    /// Tell of causes that are not proven, and of every notice, too.
    #[arg(long)]
    pub(crate) explain_all: bool,
    /// Propose plans for the causes, with the commands that follow them by hand. Nothing is changed.
    #[arg(long)]
    pub(crate) plans: bool,
    /// Write the patch of each plan, and the one that takes it back, into this folder.
    #[arg(long, value_name = "DIR", requires = "plans")]
    pub(crate) patches: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) shape: Shape,
    /// The kubeconfig to use.
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig to use.
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// How long one request to the API server may take.
    #[arg(long, value_name = "SPAN", default_value = "30s", value_parser = span)]
    pub(crate) request_timeout: i64,
    /// Keep what was read from the cluster in this file (tar.gz), to verify the report against or to hand on.
    #[arg(long, value_name = "FILE", conflicts_with = "input")]
    pub(crate) save: Option<PathBuf>,
    /// The proxy to the API server. Without it, `HTTPS_PROXY`; an empty one uses none.
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,
    /// Hosts that are reached without the proxy. Without it, `NO_PROXY`; loopback always is.
    #[arg(long, value_name = "HOSTS")]
    pub(crate) no_proxy: Option<String>,
    #[command(flatten)]
    pub(crate) bounds: Bounds,
}

/// Bounds on what is read.
#[derive(Debug, Args)]
pub(crate) struct Bounds {
    /// Largest file that is parsed as a whole, in MiB. Logs are streamed and have no such bound.
    #[arg(long, value_name = "MIB", default_value_t = 256)]
    pub(crate) max_file_mib: u64,
    /// Most bytes of an input in all, decompressed, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 4096)]
    pub(crate) max_input_mib: u64,
}

/// How to print.
#[derive(Debug, Args)]
pub(crate) struct Shape {
    /// The form of the report.
    #[arg(short, long, value_enum, default_value_t = Output::Human)]
    pub(crate) output: Output,
    /// When to use colour.
    #[arg(long, value_enum, default_value_t = When::Auto)]
    pub(crate) color: When,
    /// Columns to fill; the terminal's width, or 100.
    #[arg(long, value_name = "COLUMNS")]
    pub(crate) width: Option<usize>,
}

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    Human,
    Json,
    Yaml,
    Markdown,
    Html,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The report, as `investigate -o json` or `-o yaml` printed it; `-` for standard input.
    pub(crate) report: PathBuf,
    /// The input that it was made from: a bundle, a folder, or a file.
    #[arg(long, value_name = "INPUT")]
    pub(crate) against: PathBuf,
    #[command(flatten)]
    pub(crate) bounds: Bounds,
}

#[derive(Debug, Args)]
pub(crate) struct Causes {
    /// The id of a cause, such as `image.not_found`, or the beginning of some: `image.`
    pub(crate) id: Option<String>,
    #[command(flatten)]
    pub(crate) shape: Shape,
}

#[derive(Debug, Args)]
pub(crate) struct Docs {
    /// The folder to write to.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

fn span(text: &str) -> Result<i64, String> {
    assent_base::time::span_s(text).ok_or_else(|| "write a span such as 45s, 30m, 2h or 1d".to_owned())
}

fn instant(text: &str) -> Result<assent_base::Timestamp, String> {
    assent_base::time::instant(text).ok_or_else(|| "write an instant such as 2026-03-01T12:00:00Z".to_owned())
}
