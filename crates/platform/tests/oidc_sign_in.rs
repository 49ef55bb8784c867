//! People sign in with an identity provider, from the button to the session and back out, against the provider that `identity` is tested
//! with.

use crate::fake::keys::{TestKey, p256};
use crate::fake::{AUDIENCE, Fake, encoded, query, tokens};
use crate::support::{Answer, House, Who};
use assent_platform::{Provider, Settings, oidc};
use serde_json::{Value, json};

/// A platform with a provider whose people are those of one tenant.
struct World {
    house: House,
    fake: Fake,
    key: TestKey,
    owner: Who,
}

#[tokio::test]
async fn a_person_of_the_provider_signs_in_and_has_what_their_groups_have() {
    let world = World::open().await;
    let options = world.house.get(&Who::Nobody, "/api/v1/sign-in").await.json();
    assert_eq!(options["providers"], json!([{ "name": "corp", "start": "/api/v1/oidc/corp/start" }]));
    let back = world.sign_in(|_| {}).await;
    assert_eq!((back.status.as_u16(), back.headers["location"].to_str().unwrap()), (303, "/"), "{}", back.text());
    let ada = session(&back);
    let me = world.house.get(&ada, "/api/v1/me").await.json();
    assert_eq!((&me["name"], &me["email"]), (&json!("Ada Lovelace"), &json!("ada.l@example.org")), "{me}");
    assert_eq!(me["grants"], json!([{ "role": "viewer" }]), "of the group `sre`, and nothing else");
    assert_eq!(world.house.get(&ada, "/api/v1/incidents").await.status, 200);
    assert_eq!(world.house.get(&ada, "/api/v1/members").await.status, 403);

    let again = world.sign_in(|_| {}).await;
    assert_eq!(world.house.get(&session(&again), "/api/v1/me").await.json()["account"], me["account"], "the same person");
    let records = world.house.records(&world.owner).await;
    let of = |action: &str| records.iter().filter(|record| record.action == action).count();
    assert_eq!(of("account.make"), 1, "made once");
    let begun = records.iter().find(|record| record.action == "session.begin").unwrap();
    assert_eq!((begun.actor.as_str(), &begun.details["way"]), (me["principal"].as_str().unwrap(), &json!("corp")));
}

#[tokio::test]
async fn who_leaves_a_group_loses_what_it_had_at_the_next_sign_in() {
    let world = World::open().await;
    let ada = session(&world.sign_in(|_| {}).await);
    assert_eq!(world.house.get(&ada, "/api/v1/environments").await.status, 200);
    let later = session(&world.sign_in(|claims| claims["groups"] = json!(["dev"])).await);
    assert_eq!(world.house.get(&later, "/api/v1/me").await.json()["grants"], json!([]));
    for who in [&later, &ada] {
        assert_eq!(world.house.get(who, "/api/v1/tenant").await.status, 403, "in sessions of before, too");
    }
}

#[tokio::test]
async fn what_is_forged_replayed_or_of_another_browser_signs_nobody_in() {
    let world = World::open().await;
    let refused = |answer: &Answer| {
        assert!(answer.status.is_client_error(), "{} {}", answer.status, answer.text());
        assert!(answer.headers.get_all("set-cookie").iter().all(|set| !set.to_str().unwrap().starts_with("assent=")), "no session");
    };
    let forger = p256("k");
    let begun = world.begin().await;
    let claims = world.claims(&begun.nonce);
    refused(&world.come_back(&begun, &forger.sign("ES256", &claims), &begun.cookie).await);
    refused(&world.come_back(&begun, &world.key.sign("ES256", &claims), &begun.cookie).await);
    let begun = world.begin().await;
    let own = world.key.sign("ES256", &world.claims(&begun.nonce));
    refused(&world.come_back(&begun, &own, "assent-sign-in=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").await);
    assert_eq!(world.come_back(&begun, &own, &begun.cookie).await.status, 303, "the right browser still may, once");
    refused(&world.come_back(&begun, &own, &begun.cookie).await);
    let begun = world.begin().await;
    world.house.pass(3_600);
    refused(&world.come_back(&begun, &world.key.sign("ES256", &world.claims(&begun.nonce)), &begun.cookie).await);
    let records = world.house.records(&world.owner).await;
    let refusals = records.iter().filter(|record| record.action == "session.begin" && json!(record.outcome) == "refused").count();
    assert!(refusals >= 2, "{refusals} refusals are on the ledger");
}

#[tokio::test]
async fn a_disabled_person_does_not_get_in_though_the_provider_vouches_for_them() {
    let world = World::open().await;
    let ada = session(&world.sign_in(|_| {}).await);
    let account = world.house.get(&ada, "/api/v1/me").await.json()["account"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/members/{account}");
    assert_eq!(world.house.call(&world.owner, "PATCH", &path, Some(json!({ "disabled": true }))).await.status, 200);
    assert_eq!(world.house.get(&ada, "/api/v1/me").await.status, 401, "out at once");
    assert_eq!(world.sign_in(|_| {}).await.status, 401);
}

#[tokio::test]
async fn a_token_of_the_provider_for_the_api_is_its_person() {
    let world = World::open().await;
    let token = |audience: &str| {
        let mut claims = world.claims("none");
        claims["aud"] = json!(audience);
        Who::Bearer(world.key.sign("ES256", &claims))
    };
    assert_eq!(world.house.get(&token(AUDIENCE), "/api/v1/me").await.status, 401, "who never signed in with a browser is nobody");
    world.sign_in(|_| {}).await;
    let me = world.house.get(&token(AUDIENCE), "/api/v1/me").await;
    assert_eq!((me.status.as_u16(), &me.json()["grants"]), (200, &json!([{ "role": "viewer" }])), "{}", me.text());
    assert_eq!(world.house.get(&token("assent"), "/api/v1/me").await.status, 401, "a token for the sign-in is none for the API");
}

#[tokio::test]
async fn a_provider_of_another_tenant_signs_in_there_by_its_id_and_by_no_name_that_two_have() {
    let fake_key = p256("k");
    let fake = Fake::start(&[&fake_key]).await;
    let house = House::open().await;
    let owner = house.owner().await;
    let first = house.another(&owner, "Orchard", "otto@example.org").await;
    house.another(&owner, "Orchard", "olga@example.org").await;
    let id = house.get(&first, "/api/v1/tenant").await.json()["id"].as_str().unwrap().to_owned();
    house.plane.stop().await;
    let settings =
        Settings { providers: vec![provider(&fake, "corp", Some(&id)), provider(&fake, "twin", Some("Orchard"))], ..Settings::default() };
    let world = World { house: House::on(house.data, settings).await, fake, key: fake_key, owner };
    let ada = session(&world.sign_in(|_| {}).await);
    assert_eq!(world.house.get(&ada, "/api/v1/me").await.json()["tenant"], json!(id));
    let begun = world.begin_with("twin").await;
    let token = world.key.sign("ES256", &world.claims(&begun.nonce));
    assert_eq!(world.come_back_to("twin", &begun, &token, &begun.cookie).await.status, 503, "nobody can say whose people they are");
}

/// A sign-in that has left for the provider.
struct Begun {
    state: String,
    nonce: String,
    cookie: String,
}

impl World {
    async fn open() -> Self {
        let key = p256("k");
        let fake = Fake::start(&[&key]).await;
        let house = House::with(Settings { providers: vec![provider(&fake, "corp", None)], ..Settings::default() }).await;
        let owner = house.owner().await;
        let groups = json!({ "groups": [{ "group": "sre", "grants": [{ "role": "viewer" }] }] });
        assert_eq!(house.call(&owner, "PUT", "/api/v1/groups", Some(groups)).await.status, 200);
        Self { house, fake, key, owner }
    }

    /// What the provider says of Ada, at this moment.
    fn claims(&self, nonce: &str) -> Value {
        let mut claims = self.fake.claims(nonce);
        let at = self.house.now().as_second();
        (claims["iat"], claims["exp"], claims["email"]) = (json!(at), json!(at + 300), json!("ada.l@example.org"));
        claims
    }

    async fn begin(&self) -> Begun {
        self.begin_with("corp").await
    }

    async fn begin_with(&self, name: &str) -> Begun {
        let left = self.house.get(&Who::Nobody, &format!("/api/v1/oidc/{name}/start")).await;
        assert_eq!(left.status, 303, "{}", left.text());
        let sent = query(left.headers["location"].to_str().unwrap());
        let cookie = left.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        assert!(cookie.starts_with("assent-sign-in="), "{cookie}");
        Begun { state: sent("state"), nonce: sent("nonce"), cookie }
    }

    async fn come_back(&self, begun: &Begun, token: &str, cookie: &str) -> Answer {
        self.come_back_to("corp", begun, token, cookie).await
    }

    async fn come_back_to(&self, name: &str, begun: &Begun, token: &str, cookie: &str) -> Answer {
        self.fake.set(|world| world.token = tokens(token));
        let path = format!("/api/v1/oidc/{name}/callback?code=c0de&state={}&iss={}", begun.state, encoded(&self.fake.issuer));
        self.house.get(&Who::Session { cookie: cookie.to_owned(), csrf: String::new() }, &path).await
    }

    /// The whole way, with claims that may be changed.
    async fn sign_in(&self, change: impl FnOnce(&mut Value)) -> Answer {
        let begun = self.begin().await;
        let mut claims = self.claims(&begun.nonce);
        change(&mut claims);
        self.come_back(&begun, &self.key.sign("ES256", &claims), &begun.cookie).await
    }
}

fn provider(fake: &Fake, name: &str, tenant: Option<&str>) -> Provider {
    let redirect_uri = format!("https://assent.example/api/v1/oidc/{name}/callback");
    let config = oidc::Config { name: name.to_owned(), redirect_uri, limits: oidc::Limits::default(), ..fake.config() };
    Provider { name: name.to_owned(), config, tenant: tenant.map(str::to_owned) }
}

/// The session that an answer begins.
fn session(back: &Answer) -> Who {
    assert_eq!(back.status, 303, "{}", back.text());
    let sets: Vec<&str> = back.headers.get_all("set-cookie").iter().map(|set| set.to_str().unwrap()).collect();
    let own = sets.iter().find_map(|set| set.split(';').next().filter(|pair| pair.starts_with("assent=")));
    Who::Session { cookie: own.unwrap_or_else(|| panic!("no session in {sets:?}")).to_owned(), csrf: String::new() }
}
