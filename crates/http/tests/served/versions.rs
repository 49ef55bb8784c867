//! A version in `If-Match` is heeded, or refused where there is none; by the table of operations.

use assent_api::operations::{Visitor, visit_all};
use assent_api::{Access, Code, Method, Operation, promises};

use crate::support::Server;

struct Table(Vec<(&'static str, Method, &'static str, Access)>);

impl Visitor for Table {
    fn visit<O: Operation>(&mut self) {
        self.0.push((O::NAME, O::METHOD, O::PATH, O::ACCESS));
    }
}

#[tokio::test]
async fn what_goes_by_no_version_is_not_done_for_one() {
    let server = Server::with(|config, _| config.limits.public_writes_burst = 1_000.0).await;
    let mut table = Table(Vec::new());
    visit_all(&mut table);
    let document = assent_http::openapi(&serde_json::json!({ "type": "object" }));
    let mut refused = 0;
    for (name, method, path, access) in table.0 {
        let lists = document["paths"][path][method.as_str().to_lowercase()]["parameters"].to_string().contains("\"If-Match\"");
        assert_eq!(lists, promises::takes_if_match(name), "{name}: the document and the promise differ");
        if method == Method::Get || lists {
            continue;
        }
        let token = if access == Access::Observer { "observer" } else { "good" };
        let ask = || server.ask(method.as_str(), path).token(token).header("content-type", "application/json").body(b"{}");
        assert_eq!(ask().header("if-match", "\"7\"").send().await.code(), Code::Stale, "{name}");
        assert_eq!(server.tiny.calls(name), 0, "{name} was done");
        let any = ask().header("if-match", "*").send().await;
        assert!(any.status != 412, "{name}: `*` asks for nothing but existence");
        refused += 1;
    }
    assert!(refused > 20, "only {refused} operations were tried");
}
