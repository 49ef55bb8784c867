//! What a log line can say, and how much that explains.

/// Declares [`Signal`] and its table, so that a new meaning cannot lack an id or a weight.
macro_rules! signals {
    ($($(#[doc = $doc:literal])+ $name:ident $id:literal $weight:literal $kind:ident;)+) => {
        /// What a log line says happened. Closed: a new meaning is a new variant.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Signal { $($(#[doc = $doc])+ $name,)+ }

        impl Signal {
            /// Every signal, in the order of the declaration.
            pub const ALL: &'static [Signal] = &[$(Signal::$name,)+];

            /// The stable name, in snake case.
            pub fn id(self) -> &'static str {
                match self { $(Signal::$name => $id,)+ }
            }

            /// From 0 to 100: how specific this is as an explanation of a crash.
            ///
            /// A line that names the missing variable settles more than one that says "panic", and what a process
            /// prints while it obeys a stop explains next to nothing.
            pub fn weight(self) -> u8 {
                match self { $(Signal::$name => $weight,)+ }
            }

            /// Whether the fault lies between the process and something it depends on, so that a host in the line is worth
            /// following.
            pub fn names_dependency(self) -> bool {
                match self { $(Signal::$name => signals!(@ $kind),)+ }
            }
        }
    };
    (@ dependency) => { true };
    (@ own) => { false };
}

signals! {
    /// The other side answered that nothing listens there.
    ConnectionRefused "connection_refused" 70 dependency;
    /// Nothing answered in time while connecting.
    ConnectionTimeout "connection_timeout" 62 dependency;
    /// An established connection broke.
    ConnectionReset "connection_reset" 45 dependency;
    /// A name could not be resolved.
    DnsFailure "dns_failure" 75 dependency;
    /// The network has no way to the host.
    NoRouteToHost "no_route_to_host" 65 dependency;
    /// A dependency or proxy answered 503, or a proxy has no healthy upstream.
    ServiceUnavailable "service_unavailable" 55 dependency;
    /// A proxy got no usable answer from what stands behind it.
    BadGateway "bad_gateway" 50 dependency;
    /// Credentials were refused.
    AuthRefused "auth_refused" 85 dependency;
    /// The database named in the connection does not exist.
    DatabaseMissing "database_missing" 88 dependency;
    /// A table, column or migration is missing.
    SchemaMissing "schema_missing" 82 dependency;
    /// A write reached a replica or a database in recovery.
    DatabaseReadOnly "database_read_only" 85 dependency;
    /// The server has no connection slot left.
    TooManyConnections "too_many_connections" 84 dependency;
    /// The client's own pool has no connection left.
    PoolExhausted "pool_exhausted" 66 dependency;
    /// The server is up and not yet ready to answer.
    DatabaseStarting "database_starting" 50 dependency;
    /// A required environment variable or setting is absent.
    MissingEnv "missing_env" 90 own;
    /// A configuration was read and refused.
    ConfigInvalid "config_invalid" 80 own;
    /// A file that must exist does not.
    MissingFile "missing_file" 78 own;
    /// The operating system refused an access.
    PermissionDenied "permission_denied" 80 own;
    /// A write reached a file system mounted read-only.
    ReadOnlyFilesystem "read_only_filesystem" 86 own;
    /// No space is left on a volume.
    DiskFull "disk_full" 92 own;
    /// No space is left in shared memory, whose errors read like those of a full disk.
    SharedMemoryFull "shared_memory_full" 93 own;
    /// The process or node ran out of file descriptors or watches.
    TooManyOpenFiles "too_many_open_files" 93 own;
    /// Another socket already holds the port.
    PortInUse "port_in_use" 90 own;
    /// The port is below 1024 and the process may not bind it.
    PrivilegedPort "privileged_port" 90 own;
    /// The program to run does not exist.
    CommandNotFound "command_not_found" 88 own;
    /// An import, a class or a shared library is missing.
    ModuleMissing "module_missing" 86 own;
    /// The command line was refused.
    BadArgument "bad_argument" 84 own;
    /// The binary is for another architecture, or no binary at all.
    ExecFormat "exec_format" 95 own;
    /// An allocation failed, or a heap reached its limit.
    OutOfMemory "out_of_memory" 88 own;
    /// A certificate is past its end.
    CertificateExpired "certificate_expired" 90 dependency;
    /// A certificate's issuer is not trusted.
    CertificateUntrusted "certificate_untrusted" 85 dependency;
    /// A certificate is for another name.
    CertificateNameMismatch "certificate_name_mismatch" 87 dependency;
    /// One side speaks TLS and the other does not, or a client certificate is missing.
    TlsMismatch "tls_mismatch" 82 dependency;
    /// Two sides speak different protocols on one port.
    ProtocolMismatch "protocol_mismatch" 76 dependency;
    /// The API server refused a request of this identity.
    RbacForbidden "rbac_forbidden" 83 own;
    /// A dependency answered that it is asked too often.
    RateLimited "rate_limited" 60 dependency;
    /// A quota or a store's own size limit is reached.
    QuotaExceeded "quota_exceeded" 72 own;
    /// A query took long.
    SlowQuery "slow_query" 32 own;
    /// A request took long.
    SlowRequest "slow_request" 30 own;
    /// Two parties wait for each other.
    Deadlock "deadlock" 55 own;
    /// Another instance holds a lock this one needs.
    LockHeld "lock_held" 70 own;
    /// This instance lost its leadership.
    LeaderLost "leader_lost" 60 own;
    /// A replicated store has no leader or no majority.
    QuorumLost "quorum_lost" 66 dependency;
    /// No message broker can be reached.
    BrokerUnavailable "broker_unavailable" 71 dependency;
    /// A topic, queue or exchange does not exist.
    TopicMissing "topic_missing" 80 dependency;
    /// A dependency does not know the path or method it was asked for.
    EndpointMissing "endpoint_missing" 58 dependency;
    /// Time ran out on a call.
    DeadlineExceeded "deadline_exceeded" 48 dependency;
    /// A server answered 5xx.
    ServerError "server_error" 35 own;
    /// An unhandled exception, a panic or a fatal signal.
    Panic "panic" 40 own;
    /// Malformed input data, or a check of the program on itself.
    AssertionOrData "assertion_or_data" 42 own;
    /// Stored data is damaged.
    DataCorrupt "data_corrupt" 86 own;
    /// Two versions do not fit: runtime and code, server and data files, library and program.
    VersionMismatch "version_mismatch" 88 own;
    /// Clocks disagree.
    ClockSkew "clock_skew" 91 own;
    /// A licence is absent or over.
    LicenseExpired "license_expired" 92 own;
    /// Requests go round in a circle.
    ForwardingLoop "forwarding_loop" 88 own;
    /// The process was killed from outside.
    Killed "killed" 25 own;
    /// The process was asked to stop and stopped.
    GracefulShutdown "graceful_shutdown" 5 own;
    /// A usage text was printed.
    Usage "usage" 20 own;
    /// A node could not pull an image.
    ImagePullFailed "image_pull_failed" 75 own;
    /// A node could not create a pod sandbox or a container.
    SandboxFailed "sandbox_failed" 72 own;
    /// A node could not mount a volume.
    MountFailed "mount_failed" 76 own;
    /// A probe of a container failed.
    ProbeFailed "probe_failed" 45 own;
    /// A node is short of memory, disk or process ids.
    NodePressure "node_pressure" 70 own;
    /// The container runtime or the network plug-in of a node does not work.
    RuntimeDown "runtime_down" 80 own;
    /// An admission webhook or policy refused an object, or could not be called.
    AdmissionDenied "admission_denied" 74 own;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_unique_and_snake_case() {
        let ids: BTreeSet<&str> = Signal::ALL.iter().map(|signal| signal.id()).collect();
        assert_eq!(ids.len(), Signal::ALL.len());
        for signal in Signal::ALL {
            assert_eq!(signal.id().replace('_', ""), format!("{signal:?}").to_lowercase(), "{signal:?}");
        }
    }

    #[test]
    fn weights_stay_within_a_hundred_and_order_the_plain_cases() {
        assert!(Signal::ALL.iter().all(|signal| signal.weight() <= 100));
        assert!(Signal::MissingEnv.weight() > Signal::ConnectionRefused.weight());
        assert!(Signal::ConnectionRefused.weight() > Signal::Panic.weight());
        assert!(Signal::Panic.weight() > Signal::GracefulShutdown.weight());
    }

    #[test]
    fn a_refused_connection_names_a_dependency_and_a_full_disk_does_not() {
        assert!(Signal::ConnectionRefused.names_dependency());
        assert!(!Signal::DiskFull.names_dependency());
    }
}
