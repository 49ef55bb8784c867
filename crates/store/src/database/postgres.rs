//! Connecting to PostgreSQL, and saying why that does not work.
//!
//! A pool tries for as long as it may and then says only that it waited. So one connection is made first, by itself: whoever starts the
//! platform learns within seconds which server refused what.

use std::io::ErrorKind;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _};

use super::Db;
use crate::error::StoreError;
use crate::limits::Limits;

/// Connects, and says where that is.
pub(super) async fn open(url: &str, limits: &Limits) -> Result<(Db, String), StoreError> {
    // The error of a URL repeats it, password included.
    let bad = |_| StoreError::refused("the database URL has the form `postgres://user@host/database`");
    let options = PgConnectOptions::from_str(url)
        .map_err(bad)?
        .application_name("assent")
        .options([("statement_timeout", format!("{}s", limits.statement_s))]);
    let place = place(&options);
    match tokio::time::timeout(Duration::from_secs(limits.connect_s), options.connect()).await {
        Ok(Ok(connection)) => connection.close().await?,
        Ok(Err(error)) => return Err(unreachable(&options, &place, error)),
        Err(_) => {
            let what = format!("{place} did not answer within {} s: is a firewall between, and is the host right?", limits.connect_s);
            return Err(StoreError::Unavailable { what, cause: None });
        }
    }
    let pool = PgPoolOptions::new().max_connections(limits.connections_max).acquire_timeout(Duration::from_secs(limits.wait_s));
    Ok((Db::Pg(pool.connect_with(options).await?), place))
}

/// The server and the database, without the password.
fn place(options: &PgConnectOptions) -> String {
    let server = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    format!("PostgreSQL at `{server}` (database `{}`)", database(options))
}

/// PostgreSQL takes the user's name where no database is named.
fn database(options: &PgConnectOptions) -> &str {
    options.get_database().unwrap_or_else(|| options.get_username())
}

/// Why there is no connection, and what to do.
fn unreachable(options: &PgConnectOptions, place: &str, error: sqlx::Error) -> StoreError {
    let (user, database) = (options.get_username(), database(options));
    let what = match &error {
        sqlx::Error::Io(cause) => match cause.kind() {
            ErrorKind::ConnectionRefused | ErrorKind::NotFound => {
                format!("{place} does not listen: start it, or mend host and port in the database URL")
            }
            _ => format!("{place} cannot be reached: mend the host in the database URL, or the way there"),
        },
        sqlx::Error::Database(answer) => match answer.code().as_deref() {
            Some("28P01" | "28000") => {
                format!("{place} refuses the user `{user}`: mend user and password in the database URL, or `pg_hba.conf` there")
            }
            Some("3D000") => format!("{place} has no such database: make it (`createdb -O {user} {database}`), or name another"),
            Some("42501") => format!("{place} does not let `{user}` use this database: grant it `CONNECT`"),
            _ => format!("{place} refuses the connection"),
        },
        sqlx::Error::Tls(_) => {
            format!("{place} and this platform do not agree on TLS: see `sslmode` and `sslrootcert` of the database URL")
        }
        _ => format!("{place} did not take the connection"),
    };
    StoreError::unavailable(what, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_without_the_password() {
        let named = |url: &str| place(&PgConnectOptions::from_str(url).unwrap());
        let secret = named("postgres://ada:opensesame@db.example.org:5433/kept");
        assert_eq!(secret, "PostgreSQL at `db.example.org:5433` (database `kept`)");
        assert_eq!(named("postgres://ada@db.example.org"), "PostgreSQL at `db.example.org:5432` (database `ada`)");
    }

    #[tokio::test]
    async fn a_server_that_does_not_listen_is_named_at_once() {
        // A port that was just free: nobody listens there.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let limits = Limits { connect_s: 60, wait_s: 60, ..Limits::default() };
        let url = format!("postgres://ada:opensesame@127.0.0.1:{port}/kept");
        let error = open(&url, &limits).await.map(drop).unwrap_err();
        let text = format!("{error}");
        assert!(text.contains(&format!("127.0.0.1:{port}")) && text.contains("does not listen"), "{text}");
        assert!(!format!("{error:?}").contains("opensesame"), "{error:?}");
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_is_given_up() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("postgres://ada@127.0.0.1:{}/kept", silent.local_addr().unwrap().port());
        let error = open(&url, &Limits { connect_s: 0, ..Limits::default() }).await.map(drop).unwrap_err();
        assert!(error.to_string().contains("did not answer within 0 s"), "{error}");
    }
}
