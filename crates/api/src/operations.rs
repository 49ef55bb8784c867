//! The table of all operations.
//!
//! Not in the table, because their bodies are no JSON document, and served by hand in `http`: the live stream (`GET /api/v1/events`),
//! the exports (`GET /api/v1/tenant/export`, `GET /api/v1/ledger/export`), the intake of alerts (`POST /api/v1/alerts/{source}`), the sign-in with an
//! identity provider (`GET /api/v1/oidc/…`), and what a machine asks a machine: `/healthz`, `/readyz`, `/metrics`, `/api/v1/openapi.json`.

use crate::access::{Access, Action};
use crate::operation::{Empty, Method, Operation};
use crate::page::{Page, PageQuery};
use crate::{
    accounts, alerts, channels, clusters, command_lines, environments, evidence, executor, incidents, keys, ledger, observer, overview,
    passkeys, plans, policies, redaction, sessions, shares, ssh_keys, status, tenants, topology,
};

/// Sees every operation, in the order of the table.
pub trait Visitor {
    /// Sees one.
    fn visit<O: Operation>(&mut self);
}

macro_rules! operations {
    ($($name:ident: $method:ident $path:literal, $access:expr, $status:literal, $summary:literal, $in_path:ty, $query:ty, $body:ty => $answer:ty;)*) => {
        $(
            #[doc = $summary]
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl Operation for $name {
                const NAME: &'static str = stringify!($name);
                const METHOD: Method = Method::$method;
                const PATH: &'static str = $path;
                const ACCESS: Access = $access;
                const STATUS: u16 = $status;
                const SUMMARY: &'static str = $summary;
                type Path = $in_path;
                type Query = $query;
                type Body = $body;
                type Answer = $answer;
            }
        )*

        /// Shows every operation to a visitor.
        pub fn visit_all<V: Visitor>(visitor: &mut V) {
            $(visitor.visit::<$name>();)*
        }

        /// Calls a macro once with the names of all operations: `for_each_operation!(mount)` expands to `mount! { GetMe SignIn … }`.
        #[macro_export]
        macro_rules! for_each_operation {
            ($then:ident) => { $then! { $($name)* } };
        }
    };
}

operations! {
    // sessions
    SignInOptions: Get "/api/v1/sign-in", Access::Public, 200, "Says how people can sign in here.", Empty, Empty, Empty => sessions::SignInOptions;
    SetUp: Post "/api/v1/set-up", Access::Public, 201, "Uses a one-time link to set a password, and signs in.", Empty, Empty, sessions::SetUp => sessions::SignedIn;
    SignIn: Post "/api/v1/sign-in", Access::Public, 200, "Signs in with a local account.", Empty, Empty, sessions::SignIn => sessions::SignedIn;
    BeginPasskeySetUp: Post "/api/v1/set-up/passkey/challenge", Access::Public, 200, "Asks for a challenge to use a one-time link with a passkey.", Empty, Empty, passkeys::BeginPasskeySetUp => passkeys::PasskeyChallenge;
    PasskeySetUp: Post "/api/v1/set-up/passkey", Access::Public, 201, "Uses a one-time link to add a passkey, and signs in.", Empty, Empty, passkeys::PasskeySetUp => sessions::SignedIn;
    BeginPasskeySignIn: Post "/api/v1/sign-in/passkey/challenge", Access::Public, 200, "Asks for a challenge to sign in with a passkey.", Empty, Empty, Empty => passkeys::SignInChallenge;
    PasskeySignIn: Post "/api/v1/sign-in/passkey", Access::Public, 200, "Signs in with a passkey.", Empty, Empty, passkeys::PasskeySignIn => sessions::SignedIn;
    CommandLineSignIn: Post "/api/v1/sign-in/command-line", Access::Public, 200, "Signs a command line in, with a code that a person has allowed.", Empty, Empty, command_lines::CommandLineSignIn => sessions::SignedIn;
    SignOut: Post "/api/v1/sign-out", Access::SignedIn, 204, "Ends this session.", Empty, Empty, Empty => Empty;
    GetMe: Get "/api/v1/me", Access::SignedIn, 200, "Says who is calling, and with which rights.", Empty, Empty, Empty => sessions::Me;
    ListSessions: Get "/api/v1/me/sessions", Access::SignedIn, 200, "Lists the caller's sessions.", Empty, PageQuery, Empty => Page<sessions::Session>;
    EndSession: Delete "/api/v1/me/sessions/{session}", Access::SignedIn, 204, "Ends one of the caller's sessions, at once.", sessions::SessionPath, Empty, Empty => Empty;
    // command lines
    AskCommandLine: Post "/api/v1/me/command-line/ask", Access::SignedIn, 200, "Asks the caller whether a command line may act as them.", Empty, Empty, command_lines::CommandLine => command_lines::CommandLineAsked;
    AllowCommandLine: Post "/api/v1/me/command-line/allow", Access::SignedIn, 200, "Lets a command line act as the caller, by a code that holds once.", Empty, Empty, command_lines::AnswerCommandLine => command_lines::CommandLineAllowed;
    RefuseCommandLine: Post "/api/v1/me/command-line/refuse", Access::SignedIn, 200, "Lets a command line not act as the caller.", Empty, Empty, command_lines::AnswerCommandLine => command_lines::CommandLineRefused;
    // passkeys
    ListPasskeys: Get "/api/v1/me/passkeys", Access::SignedIn, 200, "Lists the caller's passkeys.", Empty, PageQuery, Empty => Page<passkeys::Passkey>;
    BeginPasskey: Post "/api/v1/me/passkeys/challenge", Access::SignedIn, 200, "Asks for a challenge to make a passkey.", Empty, Empty, Empty => passkeys::PasskeyChallenge;
    AddPasskey: Post "/api/v1/me/passkeys", Access::SignedIn, 201, "Adds a passkey that an authenticator has just made.", Empty, Empty, passkeys::AddPasskey => passkeys::Passkey;
    RemovePasskey: Delete "/api/v1/me/passkeys/{passkey}", Access::SignedIn, 204, "Removes one of the caller's passkeys; the last way in stays.", passkeys::PasskeyPath, Empty, Empty => Empty;
    // SSH keys
    ListSshKeys: Get "/api/v1/me/ssh-keys", Access::SignedIn, 200, "Lists the SSH keys that the caller signs ballots with.", Empty, PageQuery, Empty => Page<ssh_keys::SshKey>;
    AddSshKey: Post "/api/v1/me/ssh-keys", Access::SignedIn, 201, "Adds an SSH key that the caller proves to have.", Empty, Empty, ssh_keys::AddSshKey => ssh_keys::SshKey;
    RemoveSshKey: Delete "/api/v1/me/ssh-keys/{ssh_key}", Access::SignedIn, 204, "Removes one of the caller's SSH keys; what it signed counts no more.", ssh_keys::SshKeyPath, Empty, Empty => Empty;
    // accounts
    ListMembers: Get "/api/v1/members", Access::Action(Action::MemberRead), 200, "Lists the members.", Empty, PageQuery, Empty => Page<accounts::Member>;
    InviteMember: Post "/api/v1/members", Access::Action(Action::MemberManage), 201, "Invites somebody, with a one-time link.", Empty, Empty, accounts::InviteMember => accounts::Invited;
    GetMember: Get "/api/v1/members/{account}", Access::Action(Action::MemberRead), 200, "Reads a member.", accounts::MemberPath, Empty, Empty => accounts::Member;
    UpdateMember: Patch "/api/v1/members/{account}", Access::Action(Action::MemberManage), 200, "Changes a member's name, grants, or whether they can sign in.", accounts::MemberPath, Empty, accounts::UpdateMember => accounts::Member;
    RemoveMember: Delete "/api/v1/members/{account}", Access::Action(Action::MemberManage), 204, "Removes a member and ends their sessions.", accounts::MemberPath, Empty, Empty => Empty;
    GetGroupGrants: Get "/api/v1/groups", Access::Action(Action::MemberRead), 200, "Reads what groups of the identity provider are granted.", Empty, Empty, Empty => accounts::GroupGrants;
    PutGroupGrants: Put "/api/v1/groups", Access::Action(Action::MemberManage), 200, "Replaces what groups are granted.", Empty, Empty, accounts::GroupGrants => accounts::GroupGrants;
    // keys
    ListKeys: Get "/api/v1/keys", Access::Action(Action::KeyRead), 200, "Lists the machine keys.", Empty, PageQuery, Empty => Page<keys::ApiKey>;
    CreateKey: Post "/api/v1/keys", Access::Action(Action::KeyManage), 201, "Makes a machine key.", Empty, Empty, keys::CreateApiKey => keys::NewApiKey;
    RotateKey: Post "/api/v1/keys/{key}/rotate", Access::Action(Action::KeyManage), 200, "Gives a key a new secret; the old one holds no more.", keys::KeyPath, Empty, Empty => keys::NewApiKey;
    RevokeKey: Delete "/api/v1/keys/{key}", Access::Action(Action::KeyManage), 204, "Revokes a key, at once.", keys::KeyPath, Empty, Empty => Empty;
    // environments
    ListEnvironments: Get "/api/v1/environments", Access::Action(Action::EnvironmentRead), 200, "Lists the environments.", Empty, PageQuery, Empty => Page<environments::Environment>;
    CreateEnvironment: Post "/api/v1/environments", Access::Action(Action::EnvironmentManage), 201, "Makes an environment.", Empty, Empty, environments::CreateEnvironment => environments::Environment;
    GetEnvironment: Get "/api/v1/environments/{environment}", Access::Action(Action::EnvironmentRead), 200, "Reads an environment.", environments::EnvironmentPath, Empty, Empty => environments::Environment;
    UpdateEnvironment: Patch "/api/v1/environments/{environment}", Access::Action(Action::EnvironmentManage), 200, "Changes an environment.", environments::EnvironmentPath, Empty, environments::UpdateEnvironment => environments::Environment;
    DeleteEnvironment: Delete "/api/v1/environments/{environment}", Access::Action(Action::EnvironmentManage), 204, "Removes an environment that has no clusters.", environments::EnvironmentPath, Empty, Empty => Empty;
    GetRedaction: Get "/api/v1/environments/{environment}/redaction", Access::Action(Action::RedactionRead), 200, "Reads the redaction rules of an environment.", redaction::RedactionPath, Empty, Empty => redaction::RedactionRules;
    PutRedaction: Put "/api/v1/environments/{environment}/redaction", Access::Action(Action::RedactionManage), 200, "Replaces the redaction rules of an environment.", redaction::RedactionPath, Empty, redaction::RedactionRules => redaction::RedactionRules;
    TryRedaction: Post "/api/v1/environments/{environment}/redaction/try", Access::Action(Action::RedactionRead), 200, "Shows what rules would replace in a text.", redaction::RedactionPath, Empty, redaction::TryRedaction => redaction::Tried;
    // clusters
    ListClusters: Get "/api/v1/clusters", Access::Action(Action::ClusterRead), 200, "Lists the clusters.", Empty, clusters::ClusterQuery, Empty => Page<clusters::Cluster>;
    CreateCluster: Post "/api/v1/clusters", Access::Action(Action::ClusterManage), 201, "Adds a cluster, and answers with what to apply to it.", Empty, Empty, clusters::CreateCluster => clusters::NewCluster;
    GetCluster: Get "/api/v1/clusters/{cluster}", Access::Action(Action::ClusterRead), 200, "Reads a cluster and its health.", clusters::ClusterPath, Empty, Empty => clusters::Cluster;
    UpdateCluster: Patch "/api/v1/clusters/{cluster}", Access::Action(Action::ClusterManage), 200, "Changes a cluster.", clusters::ClusterPath, Empty, clusters::UpdateCluster => clusters::Cluster;
    DeleteCluster: Delete "/api/v1/clusters/{cluster}", Access::Action(Action::ClusterManage), 204, "Removes a cluster and all that is known of it.", clusters::ClusterPath, Empty, Empty => Empty;
    RotateClusterKey: Post "/api/v1/clusters/{cluster}/key", Access::Action(Action::ClusterManage), 200, "Gives the observer a new key; the old one and its tokens hold no more.", clusters::ClusterPath, Empty, Empty => clusters::NewCluster;
    RevokeClusterKey: Delete "/api/v1/clusters/{cluster}/key", Access::Action(Action::ClusterManage), 204, "Revokes the observer's key and its tokens, at once.", clusters::ClusterPath, Empty, Empty => Empty;
    GetTopology: Get "/api/v1/clusters/{cluster}/topology", Access::Action(Action::ClusterRead), 200, "Shows who depends on whom in a cluster, now or as it was.", clusters::ClusterPath, topology::TopologyQuery, Empty => topology::Topology;
    ListTopologyInstants: Get "/api/v1/clusters/{cluster}/topology/instants", Access::Action(Action::ClusterRead), 200, "Lists the instants that the topology can be shown of, oldest first.", clusters::ClusterPath, Empty, Empty => topology::TopologyInstants;
    // observer
    ExchangeKey: Post "/api/v1/observer/token", Access::Public, 200, "Exchanges the key of an observer or an executor for a token.", Empty, Empty, observer::TokenRequest => observer::Token;
    ObserverHello: Post "/api/v1/observer/hello", Access::Observer, 200, "Begins or resumes a stream.", Empty, Empty, observer::Hello => observer::Welcome;
    ObserverHeartbeat: Post "/api/v1/observer/heartbeat", Access::Observer, 200, "Says that the observer lives.", Empty, Empty, observer::Heartbeat => observer::Acknowledged;
    ObserverSignals: Post "/api/v1/observer/signals", Access::Observer, 200, "Sends signals; the answer comes once they are kept.", Empty, Empty, observer::Batch => observer::Acknowledged;
    // executor
    GetExecutor: Get "/api/v1/clusters/{cluster}/executor", Access::Action(Action::ClusterRead), 200, "Reads what runs plans in a cluster, and what it has pinned.", clusters::ClusterPath, Empty, Empty => executor::Executor;
    AddExecutor: Post "/api/v1/clusters/{cluster}/executor", Access::Action(Action::ExecutorManage), 201, "Adds an executor to a cluster, and answers with what to apply to it; again, it gets a new key.", clusters::ClusterPath, Empty, executor::AddExecutor => executor::NewExecutor;
    RemoveExecutor: Delete "/api/v1/clusters/{cluster}/executor", Access::Action(Action::ExecutorManage), 204, "Removes a cluster's executor: its key and its tokens hold no more, at once.", clusters::ClusterPath, Empty, Empty => Empty;
    BacktestRules: Post "/api/v1/clusters/{cluster}/executor/backtest", Access::Action(Action::ExecutorManage), 200, "Says which of the plans that are kept a document would have let run, and which without votes.", clusters::ClusterPath, Empty, executor::BacktestRules => executor::RulesBacktest;
    ExecutorHello: Post "/api/v1/executor/hello", Access::Executor, 200, "Says that an executor has started, and what it has pinned.", Empty, Empty, executor::ExecutorHello => executor::ExecutorWelcome;
    ExecutorWork: Post "/api/v1/executor/work", Access::Executor, 200, "Asks for work, and waits for some.", Empty, Empty, executor::AskWork => executor::Work;
    TellRehearsal: Post "/api/v1/executor/plans/{plan}/rehearsal", Access::Executor, 204, "Tells what a dry run of a plan came to.", plans::PlanPath, Empty, plans::Rehearsal => Empty;
    TellStep: Post "/api/v1/executor/plans/{plan}/steps", Access::Executor, 200, "Tells a step of a run; the answer comes once it is on the ledger.", plans::PlanPath, Empty, executor::TellStep => executor::StepRecorded;
    // incidents
    GetOverview: Get "/api/v1/overview", Access::Action(Action::IncidentRead), 200, "Sums up what the caller may see: environments, clusters, what is open, what happened today.", Empty, Empty, Empty => overview::Overview;
    ListIncidents: Get "/api/v1/incidents", Access::Action(Action::IncidentRead), 200, "Lists the incidents that the caller may see, latest change first.", Empty, incidents::IncidentQuery, Empty => Page<incidents::IncidentSummary>;
    GetIncident: Get "/api/v1/incidents/{incident}", Access::Action(Action::IncidentRead), 200, "Reads an incident and its report.", incidents::IncidentPath, Empty, Empty => incidents::Incident;
    GetEvidence: Get "/api/v1/incidents/{incident}/evidence/{evidence}", Access::Action(Action::IncidentRead), 200, "Shows quoted words of a report with the text around them.", evidence::EvidencePath, Empty, Empty => evidence::EvidenceExcerpt;
    GetTimeline: Get "/api/v1/incidents/{incident}/timeline", Access::Action(Action::IncidentRead), 200, "Lists what happened, oldest first.", incidents::IncidentPath, PageQuery, Empty => Page<incidents::TimelineEntry>;
    MuteIncident: Post "/api/v1/incidents/{incident}/mute", Access::Action(Action::IncidentManage), 200, "Mutes an incident for a time.", incidents::IncidentPath, Empty, incidents::MuteIncident => incidents::Incident;
    UnmuteIncident: Post "/api/v1/incidents/{incident}/unmute", Access::Action(Action::IncidentManage), 200, "Ends a mute.", incidents::IncidentPath, Empty, Empty => incidents::Incident;
    DismissIncident: Post "/api/v1/incidents/{incident}/dismiss", Access::Action(Action::IncidentManage), 200, "Dismisses an incident, with a reason.", incidents::IncidentPath, Empty, incidents::DismissIncident => incidents::Incident;
    ReopenIncident: Post "/api/v1/incidents/{incident}/reopen", Access::Action(Action::IncidentManage), 200, "Takes back a dismissal.", incidents::IncidentPath, Empty, Empty => incidents::Incident;
    RerunIncident: Post "/api/v1/incidents/{incident}/rerun", Access::Action(Action::IncidentManage), 202, "Explains an incident again, with what the caller adds.", incidents::IncidentPath, Empty, incidents::RerunIncident => incidents::Incident;
    AssignIncident: Post "/api/v1/incidents/{incident}/assign", Access::Action(Action::IncidentComment), 200, "Gives an incident to somebody.", incidents::IncidentPath, Empty, incidents::AssignIncident => incidents::Incident;
    ListComments: Get "/api/v1/incidents/{incident}/comments", Access::Action(Action::IncidentRead), 200, "Lists the remarks, oldest first.", incidents::IncidentPath, PageQuery, Empty => Page<incidents::Comment>;
    AddComment: Post "/api/v1/incidents/{incident}/comments", Access::Action(Action::IncidentComment), 201, "Adds a remark.", incidents::IncidentPath, Empty, incidents::AddComment => incidents::Comment;
    ListShares: Get "/api/v1/incidents/{incident}/shares", Access::Action(Action::IncidentShare), 200, "Lists the links to a report.", incidents::IncidentPath, PageQuery, Empty => Page<shares::Share>;
    CreateShare: Post "/api/v1/incidents/{incident}/shares", Access::Action(Action::IncidentShare), 201, "Makes a link that shows this report to whoever holds it.", incidents::IncidentPath, Empty, shares::CreateShare => shares::NewShare;
    RevokeShare: Delete "/api/v1/incidents/{incident}/shares/{share}", Access::Action(Action::IncidentShare), 204, "Revokes a link, at once.", shares::SharePath, Empty, Empty => Empty;
    OpenShare: Post "/api/v1/shared", Access::Public, 200, "Shows what a link shows.", Empty, Empty, shares::OpenShare => shares::Shared;
    // plans
    ListPlans: Get "/api/v1/plans", Access::Action(Action::PlanRead), 200, "Lists the plans that the caller may see, latest change first.", Empty, plans::PlanQuery, Empty => Page<plans::PlanSummary>;
    GetPlan: Get "/api/v1/plans/{plan}", Access::Action(Action::PlanRead), 200, "Reads a plan: the bytes that are signed, who assented, and what became of it.", plans::PlanPath, Empty, Empty => plans::Plan;
    ProposePlan: Post "/api/v1/incidents/{incident}/plans", Access::Action(Action::PlanPropose), 201, "Proposes a change for an incident, or adapts a plan of it.", incidents::IncidentPath, Empty, plans::ProposePlan => plans::Plan;
    AskBallot: Post "/api/v1/plans/{plan}/ballot", Access::Action(Action::PlanVote), 200, "Says what the caller has to sign for their next word on a plan.", plans::PlanPath, Empty, plans::AskBallot => plans::BallotToSign;
    CastVote: Post "/api/v1/plans/{plan}/votes", Access::Action(Action::PlanVote), 201, "Says yes or no to a plan, or takes the caller's word back, with a signature.", plans::PlanPath, Empty, plans::CastVote => plans::Plan;
    AssignPlan: Post "/api/v1/plans/{plan}/assign", Access::Action(Action::PlanPropose), 200, "Gives a plan to somebody.", plans::PlanPath, Empty, plans::AssignPlan => plans::Plan;
    // ledger
    ListRecords: Get "/api/v1/ledger/records", Access::Action(Action::LedgerRead), 200, "Lists records, newest first.", Empty, ledger::RecordQuery, Empty => Page<ledger::Record>;
    GetRecord: Get "/api/v1/ledger/records/{index}", Access::Action(Action::LedgerRead), 200, "Reads a record.", ledger::RecordPath, Empty, Empty => ledger::Record;
    GetReceipt: Get "/api/v1/ledger/records/{index}/receipt", Access::Action(Action::LedgerRead), 200, "Proves that a record is in the log.", ledger::RecordPath, Empty, Empty => ledger::Receipt;
    GetCheckpoint: Get "/api/v1/ledger/checkpoint", Access::Action(Action::LedgerRead), 200, "Reads the newest signed checkpoint.", Empty, Empty, Empty => ledger::Checkpoint;
    // policies
    ListPolicies: Get "/api/v1/policies", Access::Action(Action::PolicyRead), 200, "Lists the tenant's policies.", Empty, PageQuery, Empty => Page<policies::Policy>;
    CreatePolicy: Post "/api/v1/policies", Access::Action(Action::PolicyManage), 201, "Adds a policy, once it passes the schema.", Empty, Empty, policies::PutPolicy => policies::Policy;
    GetPolicy: Get "/api/v1/policies/{policy}", Access::Action(Action::PolicyRead), 200, "Reads a policy.", policies::PolicyPath, Empty, Empty => policies::Policy;
    PutPolicy: Put "/api/v1/policies/{policy}", Access::Action(Action::PolicyManage), 200, "Replaces a policy, once it passes the schema.", policies::PolicyPath, Empty, policies::PutPolicy => policies::Policy;
    DeletePolicy: Delete "/api/v1/policies/{policy}", Access::Action(Action::PolicyManage), 204, "Removes a policy.", policies::PolicyPath, Empty, Empty => Empty;
    TestPolicy: Post "/api/v1/policies/test", Access::Action(Action::PolicyRead), 200, "Says what policies would decide, and why.", Empty, Empty, policies::TestPolicy => policies::Answer;
    BacktestPolicy: Post "/api/v1/policies/backtest", Access::Action(Action::PolicyRead), 200, "Says what a policy would have decided about what was done.", Empty, Empty, policies::BacktestPolicy => policies::Backtest;
    // alerts
    ListAlertSources: Get "/api/v1/alert-sources", Access::Action(Action::AlertSourceRead), 200, "Lists the ways in for alerts.", Empty, PageQuery, Empty => Page<alerts::AlertSource>;
    CreateAlertSource: Post "/api/v1/alert-sources", Access::Action(Action::AlertSourceManage), 201, "Opens a way in for alerts.", Empty, Empty, alerts::CreateAlertSource => alerts::NewAlertSource;
    DeleteAlertSource: Delete "/api/v1/alert-sources/{source}", Access::Action(Action::AlertSourceManage), 204, "Closes a way in.", alerts::AlertSourcePath, Empty, Empty => Empty;
    // channels
    ListChannels: Get "/api/v1/channels", Access::Action(Action::ChannelRead), 200, "Lists the ways out for notifications, and how they do.", Empty, PageQuery, Empty => Page<channels::Channel>;
    CreateChannel: Post "/api/v1/channels", Access::Action(Action::ChannelManage), 201, "Opens a way out for notifications, to a host that the configuration names.", Empty, Empty, channels::CreateChannel => channels::Channel;
    GetChannel: Get "/api/v1/channels/{channel}", Access::Action(Action::ChannelRead), 200, "Reads a way out, and how it does.", channels::ChannelPath, Empty, Empty => channels::Channel;
    UpdateChannel: Patch "/api/v1/channels/{channel}", Access::Action(Action::ChannelManage), 200, "Changes a way out.", channels::ChannelPath, Empty, channels::UpdateChannel => channels::Channel;
    DeleteChannel: Delete "/api/v1/channels/{channel}", Access::Action(Action::ChannelManage), 204, "Closes a way out; what waits in it is forgotten.", channels::ChannelPath, Empty, Empty => Empty;
    TestChannel: Post "/api/v1/channels/{channel}/test", Access::Action(Action::ChannelManage), 200, "Sends a test now, and says what came of it.", channels::ChannelPath, Empty, Empty => channels::Tested;
    // tenants
    GetTenant: Get "/api/v1/tenant", Access::Action(Action::TenantRead), 200, "Reads the caller's tenant.", Empty, Empty, Empty => tenants::Tenant;
    UpdateTenant: Patch "/api/v1/tenant", Access::Action(Action::TenantUpdate), 200, "Renames the tenant.", Empty, Empty, tenants::UpdateTenant => tenants::Tenant;
    CreateTenant: Post "/api/v1/tenants", Access::Action(Action::TenantCreate), 201, "Makes a tenant, with a one-time link for its first owner.", Empty, Empty, tenants::CreateTenant => tenants::NewTenant;
    DeleteTenant: Post "/api/v1/tenant/delete", Access::Action(Action::TenantDelete), 200, "Deletes the tenant for good, and certifies it.", Empty, Empty, tenants::DeleteTenant => tenants::DeletionCertificate;
    // status
    GetPublicStatus: Get "/api/v1/status", Access::Public, 200, "Says how the platform works, without naming anything of it.", Empty, Empty, Empty => status::PublicStatus;
}
