//! One meaning in many dialects: lines that are no rule's example and must be understood all the same.

use assent_diagnosis::logs::{Matcher, Signal};

#[test]
fn a_missing_variable_is_understood_however_it_is_put() {
    let matcher = Matcher::new();
    let lines = [
        "Environment variable API_TOKEN is undefined",
        "environment variable \"API_TOKEN\" must be set",
        "Error: Missing required environment variable: API_TOKEN",
        "Missing required environment variable API_TOKEN",
        "missing env var API_TOKEN",
        "Missing environment variables: API_TOKEN, OTHER_ONE",
        "API_TOKEN environment variable is required",
        "API_TOKEN env var not set",
        "ERROR: API_TOKEN is not set",
        "panic: API_TOKEN not set",
        "fatal: $API_TOKEN is required",
        "Error: `API_TOKEN` must be defined",
        "env: required environment variable \"API_TOKEN\" is not set",
        "Required environment variable 'API_TOKEN' is missing",
        "The environment variable API_TOKEN has not been set",
        "{\"level\":\"fatal\",\"msg\":\"environment variable \\\"API_TOKEN\\\" is empty\"}",
        "Please set API_TOKEN before starting",
        "You need to specify API_TOKEN",
        "config error: API_TOKEN cannot be empty",
        "sh: 1: API_TOKEN: parameter not set",
        "KeyError: 'API_TOKEN'",
    ];
    for line in lines {
        let found = matcher.best(line).unwrap_or_else(|| panic!("nothing: {line}"));
        assert_eq!(found.rule.signal, Signal::MissingEnv, "{}: {line}", found.rule.id);
        assert_eq!(found.fields.get("variable"), Some(&"API_TOKEN"), "{}: {line}", found.rule.id);
    }
}

#[test]
fn other_dialects_carry_the_signal_of_their_meaning() {
    let cases = [
        (
            Signal::ConnectionRefused,
            "failed to connect to `user=app database=orders`: 10.0.0.1:5432 (db): dial error: dial tcp 10.0.0.1:5432: connect: connection refused",
        ),
        (Signal::ConnectionRefused, "Get \"http://stock:8080/\": dial tcp [fd00::7]:8080: connect: connection refused"),
        (
            Signal::ConnectionRefused,
            "org.springframework.web.client.ResourceAccessException: I/O error on GET request for \"http://stock:8080\": Connection refused",
        ),
        (Signal::ConnectionRefused, "AggregateError [ECONNREFUSED]: connect ECONNREFUSED ::1:5432"),
        (Signal::DnsFailure, "Error: getaddrinfo EAI_AGAIN mq mq:5672"),
        (Signal::DnsFailure, "Temporary failure in name resolution"),
        (Signal::DnsFailure, "dial tcp: lookup stock.shop.svc.cluster.local: i/o timeout"),
        (Signal::AuthRefused, "FATAL: password authentication failed for user \"app\""),
        (Signal::AuthRefused, "(1045, \"Access denied for user 'app'@'10.1.1.7' (using password: YES)\")"),
        (
            Signal::AuthRefused,
            "redis.exceptions.AuthenticationError: invalid username-password pair or user is disabled. WRONGPASS invalid username-password pair",
        ),
        (Signal::DatabaseMissing, "pq: database \"orders\" does not exist"),
        (Signal::DatabaseMissing, "java.sql.SQLSyntaxErrorException: Unknown database 'orders'"),
        (Signal::SchemaMissing, "org.postgresql.util.PSQLException: ERROR: relation \"orders\" does not exist"),
        (Signal::TooManyConnections, "FATAL: remaining connection slots are reserved for roles with the SUPERUSER attribute"),
        (Signal::DatabaseReadOnly, "ERROR: cannot execute UPDATE in a read-only transaction"),
        (Signal::DatabaseReadOnly, "READONLY You can't write against a read only replica. script: 1f"),
        (Signal::CommandNotFound, "/bin/sh: serve: not found"),
        (Signal::CommandNotFound, "bash: line 1: serve: command not found"),
        (Signal::CommandNotFound, "exec: \"serve\": executable file not found in $PATH: unknown"),
        (Signal::CommandNotFound, "exec /app/start.sh: no such file or directory"),
        (Signal::ExecFormat, "standard_init_linux.go:228: exec user process caused: exec format error"),
        (Signal::PermissionDenied, "touch: cannot touch '/data/x': Permission denied"),
        (Signal::PermissionDenied, "open /data/x: permission denied"),
        (Signal::PrivilegedPort, "nginx: [emerg] bind() to [::]:80 failed (13: Permission denied)"),
        (Signal::PortInUse, "OSError: [Errno 98] Address already in use"),
        (Signal::OutOfMemory, "java.lang.OutOfMemoryError: GC overhead limit exceeded"),
        (
            Signal::OutOfMemory,
            "<--- JS stacktrace ---> FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory",
        ),
        (Signal::OutOfMemory, "OSError: [Errno 12] Cannot allocate memory"),
        (Signal::DiskFull, "OSError: [Errno 28] No space left on device"),
        (Signal::CertificateExpired, "error:0A000086:SSL routines::certificate verify failed: certificate has expired"),
        (
            Signal::CertificateUntrusted,
            "rpc error: x509: certificate signed by unknown authority (possibly because of \"crypto/rsa: verification error\")",
        ),
        (Signal::ClockSkew, "Error validating token: Token used before issued"),
        (Signal::LicenseExpired, "License has expired, refusing to start"),
        (
            Signal::RbacForbidden,
            "Failed to watch *v1.Node: nodes is forbidden: User \"system:serviceaccount:shop:agent\" cannot watch resource \"nodes\" in API group \"\" at the cluster scope",
        ),
        (Signal::ServiceUnavailable, "upstream returned 503 Service Unavailable"),
        (Signal::BadGateway, "unexpected response: 502 Bad Gateway"),
        (Signal::RateLimited, "HTTP 429 Too Many Requests"),
        (Signal::ForwardingLoop, "[FATAL] plugin/loop: Loop (127.0.0.1:1 -> :53) detected for zone \".\""),
        (Signal::DnsFailure, "[ERROR] plugin/errors: 2 stock.shop.svc. AAAA: read udp 10.1.1.2:1->10.0.0.2:53: i/o timeout"),
        (Signal::Deadlock, "ERROR 1213 (40001) at line 1: Deadlock found when trying to get lock; try restarting transaction"),
        (Signal::Panic, "thread 'worker' (12) panicked at src/lib.rs:3:9:"),
        (Signal::Panic, "Exception in thread \"main\" java.lang.IllegalStateException: no ledger"),
        (Signal::GracefulShutdown, "received signal terminated, shutting down"),
        (Signal::Usage, "usage: orders [-h] [--port PORT]"),
        (Signal::SlowQuery, "LOG:  duration: 12034.5 ms  execute <unnamed>: SELECT 1"),
        (Signal::ServerError, "10.1.1.7 - - [01/Mar/2026:10:00:00 +0000] \"POST /v1/orders HTTP/1.1\" 500 0"),
    ];
    let matcher = Matcher::new();
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(signal, line)| {
            let found = matcher.best(line);
            let said = found.as_ref().map(|found| (found.rule.signal, found.rule.id));
            (said.map(|(signal, _)| signal) != Some(*signal)).then(|| format!("{signal:?}, said {said:?}: {line}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
