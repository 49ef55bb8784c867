//! What the configuration says about who keeps the root key. No secret stands in it: secrets are in files, or in variables.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

/// Who keeps the root key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// A file in the key folder.
    #[default]
    File,
    /// Vault or OpenBao, by its engine Transit.
    Vault(Box<Vault>),
    /// AWS Key Management Service.
    AwsKms(Box<AwsKms>),
    /// Google Cloud Key Management Service.
    GoogleKms(Box<GoogleKms>),
}

/// Vault or OpenBao.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vault {
    /// Its address: `https://vault.example.com:8200`.
    pub address: String,
    /// Where the engine is mounted; `transit` if absent.
    #[serde(default = "transit")]
    pub mount: String,
    /// The name of the key.
    pub key: String,
    /// The namespace that engine and sign-in are in.
    #[serde(default)]
    pub namespace: Option<String>,
    /// A PEM file with certificate authorities to trust besides others.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// A file with a token, which somebody else may renew or replace.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    /// Signing in as a role of a machine.
    #[serde(default)]
    pub approle: Option<AppRole>,
    /// Signing in as a service account.
    #[serde(default)]
    pub kubernetes: Option<Kubernetes>,
}

/// Signing in as a role of a machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppRole {
    /// The role's id.
    pub role_id: String,
    /// A file with a secret of the role.
    pub secret_id_file: PathBuf,
    /// Where the method is mounted; `approle` if absent.
    #[serde(default = "approle")]
    pub mount: String,
}

/// Signing in as a service account of Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kubernetes {
    /// The role.
    pub role: String,
    /// The file of the service account's token; where Kubernetes puts it if absent.
    #[serde(default = "service_account")]
    pub token_file: PathBuf,
    /// Where the method is mounted; `kubernetes` if absent.
    #[serde(default = "kubernetes")]
    pub mount: String,
}

/// AWS Key Management Service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AwsKms {
    /// The region: `eu-central-1`.
    pub region: String,
    /// The key: its id, its ARN, or `alias/NAME`.
    pub key: String,
    /// Another address than the region's own, such as an endpoint of a VPC.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// Whom we are there.
    pub credentials: AwsCredentials,
}

/// Whom we are at AWS. Nobody is asked who is not named here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AwsCredentials {
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, if it is set, `AWS_SESSION_TOKEN`.
    Environment,
    /// A role that a token of the cluster is exchanged for (IRSA).
    WebIdentity(WebIdentity),
    /// An endpoint that gives credentials to a container (ECS, EKS Pod Identity).
    Container(ContainerCredentials),
}

/// A role that a token is exchanged for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebIdentity {
    /// The role.
    pub role_arn: String,
    /// The file of the token.
    pub token_file: PathBuf,
    /// Another address of the Security Token Service than the region's own.
    #[serde(default)]
    pub endpoint: Option<String>,
}

/// An endpoint that gives credentials to a container.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContainerCredentials {
    /// Its address, as `AWS_CONTAINER_CREDENTIALS_FULL_URI` has it.
    pub url: String,
    /// The file of the token that it wants.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
}

/// Google Cloud Key Management Service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GoogleKms {
    /// The key: `projects/P/locations/L/keyRings/R/cryptoKeys/K`.
    pub key: String,
    /// Another address than Google's own.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// Whom we are there.
    pub credentials: GoogleCredentials,
}

/// Whom we are at Google. Nobody is asked who is not named here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GoogleCredentials {
    /// A JSON file with the key of a service account.
    KeyFile(PathBuf),
    /// The metadata server of the machine: `http://metadata.google.internal`.
    Metadata(String),
}

fn transit() -> String {
    "transit".to_owned()
}

fn approle() -> String {
    "approle".to_owned()
}

fn kubernetes() -> String {
    "kubernetes".to_owned()
}

fn service_account() -> PathBuf {
    "/var/run/secrets/kubernetes.io/serviceaccount/token".into()
}
