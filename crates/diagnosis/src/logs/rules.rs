//! The tables of rules, one file for each family of runtimes.

mod any;
mod dotnet;
mod go;
mod grpc;
mod java;
mod kafka;
mod kubernetes;
mod mongodb;
mod mysql;
mod node;
mod postgres;
mod proxy;
mod python;
mod rabbitmq;
mod redis;
mod scripting;
mod search;
mod shell;

use super::LogRule;

const TABLES: &[&[LogRule]] = &[
    any::RULES,
    dotnet::RULES,
    go::RULES,
    grpc::RULES,
    java::RULES,
    kafka::RULES,
    kubernetes::RULES,
    mongodb::RULES,
    mysql::RULES,
    node::RULES,
    postgres::RULES,
    proxy::RULES,
    python::RULES,
    rabbitmq::RULES,
    redis::RULES,
    scripting::RULES,
    search::RULES,
    shell::RULES,
];

/// Every rule, table by table.
pub fn rules() -> impl Iterator<Item = &'static LogRule> {
    TABLES.iter().flat_map(|table| table.iter())
}
