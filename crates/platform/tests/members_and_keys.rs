//! Nobody gives what they do not hold, the last owner stays, and whoever is shut out is out at once.

use crate::support::full::full;
use crate::support::{Answer, House, PASSWORD, Who};
use serde_json::{Value, json};

#[tokio::test]
async fn an_admin_makes_no_owner_and_unmakes_none() {
    let house = House::open().await;
    let owner = house.owner().await;
    let admin = house.join(&owner, "ben@example.org", json!([{ "role": "admin" }])).await;
    let (ada, ben) = (member(&house, &owner, "ada@example.org").await, member(&house, &owner, "ben@example.org").await);
    let refused = |answer: Answer| assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "refused"), "{}", answer.text());

    let body = json!({ "email": "eve@example.org", "grants": [{ "role": "owner" }] });
    refused(house.call(&admin, "POST", "/api/v1/members", Some(body)).await);
    refused(patch(&house, &admin, &ben, json!({ "grants": [{ "role": "owner" }] })).await);
    refused(patch(&house, &admin, &ada, json!({ "grants": [] })).await);
    refused(patch(&house, &admin, &ada, json!({ "disabled": true })).await);
    refused(house.call(&admin, "DELETE", &format!("/api/v1/members/{ada}"), None).await);
    refused(house.call(&admin, "POST", "/api/v1/keys", Some(json!({ "name": "k", "grants": [{ "role": "owner" }] }))).await);
    let groups = json!({ "groups": [{ "group": "sre", "grants": [{ "role": "owner" }] }] });
    refused(house.call(&admin, "PUT", "/api/v1/groups", Some(groups.clone())).await);

    assert_eq!(house.call(&owner, "PUT", "/api/v1/groups", Some(groups)).await.status, 200);
    refused(house.call(&admin, "PUT", "/api/v1/groups", Some(json!({ "groups": [] }))).await);
    let viewer = json!({ "email": "eve@example.org", "grants": [{ "role": "viewer" }] });
    assert_eq!(house.call(&admin, "POST", "/api/v1/members", Some(viewer)).await.status, 201, "what an admin holds, an admin gives");
}

#[tokio::test]
async fn the_last_owner_can_be_neither_removed_nor_demoted_nor_shut_out() {
    let house = House::open().await;
    let owner = house.owner().await;
    let ada = member(&house, &owner, "ada@example.org").await;
    // Who was invited and has not come cannot take over.
    let invited = json!({ "email": "ben@example.org", "grants": [{ "role": "owner" }] });
    assert_eq!(house.call(&owner, "POST", "/api/v1/members", Some(invited)).await.status, 201);
    for (method, body) in
        [("DELETE", None), ("PATCH", Some(json!({ "grants": [{ "role": "admin" }] }))), ("PATCH", Some(json!({ "disabled": true })))]
    {
        let refused = house.call(&owner, method, &format!("/api/v1/members/{ada}"), body.clone()).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (409, "conflict"), "{method} {body:?}");
    }
    let second = house.join(&owner, "cleo@example.org", json!([{ "role": "owner" }])).await;
    assert_eq!(patch(&house, &owner, &ada, json!({ "grants": [{ "role": "viewer" }] })).await.status, 200);
    assert_eq!(house.get(&owner, "/api/v1/me").await.json()["grants"], json!([{ "role": "viewer" }]), "from the next call on");
    let cleo = member(&house, &second, "cleo@example.org").await;
    assert_eq!(patch(&house, &second, &cleo, json!({ "grants": [] })).await.status, 409);
}

#[tokio::test]
async fn two_owners_who_unmake_each_other_at_one_time_leave_one() {
    let house = House::open().await;
    let ada = house.owner().await;
    let ben = house.join(&ada, "ben@example.org", json!([{ "role": "owner" }])).await;
    let (of_ada, of_ben) = (member(&house, &ada, "ada@example.org").await, member(&house, &ada, "ben@example.org").await);
    let none = || json!({ "grants": [] });
    let (one, two) = futures_util::future::join(patch(&house, &ada, &of_ben, none()), patch(&house, &ben, &of_ada, none())).await;
    assert!(one.status.is_success() != two.status.is_success(), "{} and {}", one.text(), two.text());
}

#[tokio::test]
async fn whoever_is_shut_out_or_removed_is_out_at_once() {
    let house = House::open().await;
    let owner = house.owner().await;
    for (email, shut) in [("ben@example.org", true), ("cleo@example.org", false)] {
        let guest = house.join(&owner, email, json!([{ "role": "viewer" }])).await;
        assert_eq!(house.get(&guest, "/api/v1/me").await.status, 200);
        let id = member(&house, &owner, email).await;
        if shut {
            assert_eq!(patch(&house, &owner, &id, json!({ "disabled": true })).await.status, 200);
        } else {
            assert_eq!(house.call(&owner, "DELETE", &format!("/api/v1/members/{id}"), None).await.status, 204);
        }
        assert_eq!(house.get(&guest, "/api/v1/me").await.status, 401, "{email}");
        assert_eq!(house.sign_in(email, PASSWORD).await.status, 401, "{email}");
    }
    let ben = member(&house, &owner, "ben@example.org").await;
    assert_eq!(patch(&house, &owner, &ben, json!({ "disabled": false })).await.status, 200);
    assert_eq!(house.sign_in("ben@example.org", PASSWORD).await.status, 200, "let in again");
    house.join(&owner, "cleo@example.org", json!([])).await;
}

#[tokio::test]
async fn an_address_is_invited_once_and_must_be_the_one_invited() {
    let house = House::open().await;
    let owner = house.owner().await;
    let body = json!({ "email": "ben@example.org" });
    let invited = house.call(&owner, "POST", "/api/v1/members", Some(body.clone())).await;
    assert_eq!(house.call(&owner, "POST", "/api/v1/members", Some(body)).await.status, 409);
    let link = invited.json()["link"].as_str().expect("a link").to_owned();
    let token = link.split_once('#').expect("a secret").1;
    let body = json!({ "token": token, "email": "eve@example.org", "name": "Eve", "password": PASSWORD });
    let refused = house.call(&Who::Nobody, "POST", "/api/v1/set-up", Some(body)).await;
    assert_eq!((refused.status.as_u16(), refused.json()["fields"][0]["pointer"].as_str()), (422, Some("/email")));
    house.set_up(token, "ben@example.org", "Ben").await;
}

#[tokio::test]
async fn an_address_signs_in_to_one_tenant() {
    let house = House::open().await;
    let owner = house.owner().await;
    let other = house.another(&owner, "Other", "otto@example.org").await;
    let invited = house.call(&other, "POST", "/api/v1/members", Some(json!({ "email": "ada@example.org" }))).await;
    assert_eq!(invited.status, 201, "that the address is in use elsewhere is not told to whoever invites");
    let link = invited.json()["link"].as_str().expect("a link").to_owned();
    let body =
        json!({ "token": link.split_once('#').expect("a secret").1, "email": "ada@example.org", "name": "Ada", "password": PASSWORD });
    assert_eq!(house.call(&Who::Nobody, "POST", "/api/v1/set-up", Some(body)).await.status, 409);
    let me = house.sign_in("ada@example.org", PASSWORD).await.json();
    assert_eq!(me["me"]["tenant"], house.get(&owner, "/api/v1/me").await.json()["tenant"]);
}

#[tokio::test]
async fn a_key_does_what_it_was_given_until_it_is_rotated_revoked_or_over() {
    let house = House::open().await;
    let owner = house.owner().await;
    let made = house
        .call(&owner, "POST", "/api/v1/keys", Some(json!({ "name": "ci", "grants": [{ "role": "viewer" }], "expires_in_s": 3600 })))
        .await;
    assert_eq!(made.status, 201, "{}", made.text());
    let (id, first) = (made.json()["key"]["id"].as_str().expect("an id").to_owned(), bearer(&made));
    let me = house.get(&first, "/api/v1/me").await.json();
    assert_eq!((me["principal"].as_str(), &me["grants"]), (Some(format!("key:{id}").as_str()), &json!([{ "role": "viewer" }])));
    assert_eq!(house.call(&first, "POST", "/api/v1/environments", Some(json!({ "name": "x", "criticality": "lab" }))).await.status, 403);

    let second = bearer(&house.call(&owner, "POST", &format!("/api/v1/keys/{id}/rotate"), None).await);
    assert_eq!(house.get(&first, "/api/v1/me").await.status, 401, "the old secret holds no more");
    assert_eq!(house.get(&second, "/api/v1/me").await.status, 200);
    house.pass(3_601);
    assert_eq!(house.get(&second, "/api/v1/me").await.status, 401, "its time is over");

    let lasting = house.call(&owner, "POST", "/api/v1/keys", Some(json!({ "name": "cd", "grants": [{ "role": "viewer" }] }))).await;
    let id = lasting.json()["key"]["id"].as_str().expect("an id").to_owned();
    assert_eq!(house.get(&bearer(&lasting), "/api/v1/me").await.status, 200);
    assert_eq!(house.call(&owner, "DELETE", &format!("/api/v1/keys/{id}"), None).await.status, 204);
    assert_eq!(house.get(&bearer(&lasting), "/api/v1/me").await.status, 401, "revoked at once");
    assert_eq!(house.call(&owner, "POST", &format!("/api/v1/keys/{id}/rotate"), None).await.status, 409, "a revoked key stays revoked");
}

#[tokio::test]
async fn a_key_and_a_link_end_with_the_membership_they_were_made_with() {
    let house = House::open().await;
    let owner = house.owner().await;
    let body = json!({ "name": "ci", "grants": [{ "role": "admin" }] });
    let ben = house.join(&owner, "ben@example.org", json!([{ "role": "admin" }])).await;
    let made = house.call(&ben, "POST", "/api/v1/keys", Some(body.clone())).await;
    let (id, key) = (made.json()["key"]["id"].as_str().expect("an id").to_owned(), bearer(&made));
    let other = house.call(&ben, "POST", "/api/v1/keys", Some(body.clone())).await.json()["key"]["id"].as_str().expect("an id").to_owned();
    // A key that the key made, and so on.
    let second = bearer(&house.call(&key, "POST", "/api/v1/keys", Some(body)).await);
    let both = || async {
        let holds = futures_util::future::join(house.get(&key, "/api/v1/members"), house.get(&second, "/api/v1/members")).await;
        (holds.0.status.as_u16(), holds.1.status.as_u16())
    };
    assert_eq!(both().await, (200, 200));

    let account = member(&house, &owner, "ben@example.org").await;
    assert_eq!(patch(&house, &owner, &account, json!({ "disabled": true })).await.status, 200);
    assert_eq!(both().await, (401, 401), "shut out");
    assert_eq!(patch(&house, &owner, &account, json!({ "disabled": false, "grants": [{ "role": "viewer" }] })).await.status, 200);
    assert_eq!(both().await, (401, 401), "a viewer holds no admin's key");
    assert_eq!(patch(&house, &owner, &account, json!({ "grants": [{ "role": "admin" }] })).await.status, 200);
    assert_eq!(both().await, (200, 200), "an admin again");

    // Whoever rotates a key takes it over.
    let taken = bearer(&house.call(&owner, "POST", &format!("/api/v1/keys/{other}/rotate"), None).await);
    assert_eq!(house.call(&owner, "DELETE", &format!("/api/v1/members/{account}"), None).await.status, 204);
    assert_eq!(both().await, (401, 401), "removed");
    assert_eq!(house.get(&taken, "/api/v1/members").await.status, 200);
    let keys = house.get(&owner, "/api/v1/keys").await.json();
    let of = |id: &str| keys["items"].as_array().expect("a list").iter().find(|key| key["id"] == id).expect("the key").clone();
    assert!(of(&id)["revoked_at"].is_string() && of(&other)["revoked_at"].is_null(), "{keys}");
}

#[tokio::test]
async fn a_key_holds_while_the_member_who_answers_for_it_does() {
    let house = House::open().await;
    let ada = house.owner().await;
    let bob = house.join(&ada, "bob@example.org", json!([{ "role": "admin" }])).await;
    let body = json!({ "name": "ci", "grants": [{ "role": "admin" }] });
    let made = house.call(&bob, "POST", "/api/v1/keys", Some(body.clone())).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let key = bearer(&made);
    let by_key = house.call(&key, "POST", "/api/v1/keys", Some(body.clone())).await;
    let third = house.call(&bob, "POST", "/api/v1/keys", Some(body)).await;
    let (second, taken_over) = (bearer(&by_key), bearer(&third));
    let holds = async |who: &Who| house.get(who, "/api/v1/members").await.status == 200;
    let account = member(&house, &ada, "bob@example.org").await;

    assert_eq!(patch(&house, &ada, &account, json!({ "disabled": true })).await.status, 200);
    assert!(!holds(&key).await && !holds(&second).await, "shut out, they act by no key");
    assert_eq!(patch(&house, &ada, &account, json!({ "disabled": false })).await.status, 200);
    assert!(holds(&key).await && holds(&second).await && holds(&taken_over).await);

    let id = third.json()["key"]["id"].as_str().expect("an id").to_owned();
    let rotated = house.call(&ada, "POST", &format!("/api/v1/keys/{id}/rotate"), None).await;
    assert_eq!(rotated.json()["key"]["created_by"], "Ada", "who rotates a key takes it over: {}", rotated.text());
    assert_eq!(house.call(&ada, "DELETE", &format!("/api/v1/members/{account}"), None).await.status, 204);
    assert!(!holds(&key).await, "the key of somebody who is gone");
    assert!(!holds(&second).await, "a key that it made");
    assert!(holds(&bearer(&rotated)).await, "the one that Ada took over");
}

#[tokio::test]
async fn a_link_to_a_report_works_while_whoever_made_it_is_a_member() {
    let house = House::open().await;
    let ada = house.owner().await;
    let full = full(&house, ada).await;
    let lift = house.call(&full.owner, "DELETE", &format!("/api/v1/policies/{}", full.ids["pol"]), None).await;
    assert_eq!(lift.status, 204, "the policy that forbids sharing goes");
    let bob = house.join(&full.owner, "bob@example.org", json!([{ "role": "admin" }])).await;
    let shares = format!("/api/v1/incidents/{}/shares", full.ids["inc"]);
    let made = house.call(&bob, "POST", &shares, Some(json!({ "expires_in_s": 3600 }))).await;
    let link = made.json()["link"].as_str().expect("a link").to_owned();
    let token = link.split_once('#').expect("a secret behind `#`").1.to_owned();
    let open = async || house.call(&Who::Nobody, "POST", "/api/v1/shared", Some(json!({ "token": token }))).await.status;
    assert_eq!(open().await, 200);
    let account = member(&house, &full.owner, "bob@example.org").await;
    assert_eq!(house.call(&full.owner, "DELETE", &format!("/api/v1/members/{account}"), None).await.status, 204);
    assert_eq!(open().await, 404);
}

#[tokio::test]
async fn a_secret_is_shown_once_and_is_nowhere_on_the_disk() {
    let house = House::open().await;
    let owner = house.owner().await;
    let made = house.call(&owner, "POST", "/api/v1/keys", Some(json!({ "name": "ci", "grants": [{ "role": "viewer" }] }))).await;
    let secret = made.json()["secret"].as_str().expect("a secret").to_owned();
    assert!(!house.get(&owner, "/api/v1/keys").await.text().contains(&secret));
    assert!(!serde_json::to_string(&house.records(&owner).await).expect("text").contains(&secret));
    let inner = secret.get(70..113).expect("its random part");
    assert!(house.files().iter().all(|(_, bytes)| !bytes.windows(inner.len()).any(|window| window == inner.as_bytes())));
}

#[tokio::test]
async fn a_policy_that_would_lock_every_owner_out_is_refused() {
    let house = House::open().await;
    let owner = house.owner().await;
    let put = |name: &'static str, text: &'static str| {
        let body = json!({ "name": name, "text": text, "enabled": true });
        house.call(&owner, "POST", "/api/v1/policies", Some(body))
    };
    let locking = put("lock", r#"forbid (principal, action == Action::"policy.manage", resource);"#).await;
    assert_eq!((locking.status.as_u16(), locking.code().as_str()), (409, "conflict"), "{}", locking.text());
    let bad = put("bad", "forbid (principal, action,\n  resource) when { principal.nothing };").await;
    assert_eq!((bad.status.as_u16(), bad.json()["fields"][0]["pointer"].as_str()), (422, Some("/text")), "{}", bad.text());
    let detail = bad.json()["fields"][0]["detail"].as_str().expect("a detail").to_owned();
    assert!(detail.contains("line 2"), "{detail}");

    let good = put("good", r#"forbid (principal, action == Action::"environment.manage", resource);"#).await;
    assert_eq!(good.status, 201, "{}", good.text());
    let made = house.call(&owner, "POST", "/api/v1/environments", Some(json!({ "name": "x", "criticality": "lab" }))).await;
    assert_eq!(made.status, 403, "it counts with the next call");
    let id = good.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(house.call(&owner, "DELETE", &format!("/api/v1/policies/{id}"), None).await.status, 204);
    let made = house.call(&owner, "POST", "/api/v1/environments", Some(json!({ "name": "x", "criticality": "lab" }))).await;
    assert_eq!(made.status, 201, "{}", made.text());
}

async fn patch(house: &House, by: &Who, id: &str, body: Value) -> Answer {
    house.call(by, "PATCH", &format!("/api/v1/members/{id}"), Some(body)).await
}

async fn member(house: &House, by: &Who, email: &str) -> String {
    let members = house.get(by, "/api/v1/members").await.json();
    let found = members["items"].as_array().expect("a list").iter().find(|member| member["email"] == email).expect("a member").clone();
    found["id"].as_str().expect("an id").to_owned()
}

fn bearer(made: &Answer) -> Who {
    Who::Bearer(made.json()["secret"].as_str().expect("a secret").to_owned())
}
