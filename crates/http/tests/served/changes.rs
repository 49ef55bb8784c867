//! Nobody overwrites what they have not seen, and what is begun is finished.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use assent_api::{Code, Problem};

use crate::support::{ENVIRONMENT, NEW, Server, environment};

#[tokio::test]
async fn a_change_can_name_the_version_it_is_meant_for() {
    let server = Server::start().await;
    server.tiny.answers("UpdateEnvironment", |seen| match seen.meta.if_match {
        Some(7) | None => Ok(environment(8)),
        Some(_) => Err(Problem::new(Code::Stale, "it has version 7 now")),
    });
    let change = || {
        server
            .ask("PATCH", &format!("/api/v1/environments/{ENVIRONMENT}"))
            .header("content-type", "application/json")
            .body(b"{}")
            .token("good")
    };
    let got = change().header("if-match", "\"7\"").send().await;
    assert_eq!((got.status, got.header("etag")), (200, Some("\"8\"")));
    assert_eq!(change().header("if-match", "\"6\"").send().await.code(), Code::Stale);
    assert_eq!(change().header("if-match", "*").send().await.status, 200);
    assert_eq!(change().send().await.status, 200);
    let asked = server.tiny.calls("UpdateEnvironment");
    for (tag, code) in [("7", Code::Stale), ("W/\"7\"", Code::Stale), ("\"seven\"", Code::Stale), ("\"7\", \"8\"", Code::BadRequest)] {
        assert_eq!(change().header("if-match", tag).send().await.code(), code, "{tag}");
    }
    assert_eq!(server.tiny.calls("UpdateEnvironment"), asked, "refused before the platform is asked");
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let server = Server::start().await;
    server.tiny.answers("GetEnvironment", |_| Ok(environment(7)));
    let read = || server.get(&format!("/api/v1/environments/{ENVIRONMENT}")).token("good");
    let got = read().header("if-none-match", "\"7\"").send().await;
    assert_eq!((got.status, got.header("etag"), got.body.len()), (304, Some("\"7\""), 0));
    assert_eq!(read().header("if-none-match", "\"6\"").send().await.status, 200);
}

#[tokio::test]
async fn a_change_is_finished_though_its_caller_has_gone() {
    let server = Server::start().await;
    server.tiny.answers("CreateEnvironment", |_| Ok(environment(1)));
    server.tiny.gated.lock().unwrap().insert("CreateEnvironment");
    let connection = server.post("/api/v1/environments", NEW).token("good").open().await;
    while server.tiny.calls("CreateEnvironment") == 0 {
        tokio::task::yield_now().await;
    }
    drop(connection);
    server.tiny.gate.add_permits(1);
    server.tiny.done.notified().await;
}

#[tokio::test]
async fn an_answer_that_takes_too_long_says_that_it_may_be_done() {
    let server = Server::with(|config, _| config.limits.answer_timeout_ms = 50).await;
    server.tiny.answers("CreateEnvironment", |_| Ok(environment(1)));
    server.tiny.gated.lock().unwrap().extend(["CreateEnvironment", "ListKeys"]);
    let problem = server.post("/api/v1/environments", NEW).token("good").send().await.problem();
    assert_eq!(problem.code, Code::Unavailable);
    assert!(problem.detail.contains("may still be done"));
    server.tiny.gate.add_permits(1);
    server.tiny.done.notified().await;
    assert_eq!(server.get("/api/v1/keys").token("good").send().await.code(), Code::Unavailable);
}

#[tokio::test]
async fn a_change_that_names_no_version_is_done_on_the_newest_one_and_not_without_end() {
    let server = Server::start().await;
    let tried = Arc::new(AtomicUsize::new(0));
    let (count, slower_than) = (Arc::clone(&tried), Arc::new(AtomicUsize::new(3)));
    let others = Arc::clone(&slower_than);
    server.tiny.answers("UpdateEnvironment", move |_| {
        let tried = count.fetch_add(1, Ordering::SeqCst);
        if tried < others.load(Ordering::SeqCst) { Err(Problem::new(Code::Stale, "somebody was faster")) } else { Ok(environment(8)) }
    });
    let change = || {
        let path = format!("/api/v1/environments/{ENVIRONMENT}");
        server.ask("PATCH", &path).header("content-type", "application/json").body(b"{}").token("good")
    };
    assert_eq!(change().send().await.status, 200);
    assert_eq!(tried.swap(0, Ordering::SeqCst), 4);
    assert_eq!(change().header("if-match", "\"7\"").send().await.code(), Code::Stale, "who names a version is told");
    assert_eq!(tried.swap(0, Ordering::SeqCst), 1);
    slower_than.store(usize::MAX, Ordering::SeqCst);
    let problem = change().send().await.problem();
    assert_eq!((problem.code, problem.detail.contains("nothing was done")), (Code::Unavailable, true), "{problem:?}");
    assert_eq!(tried.load(Ordering::SeqCst), 16);
}
