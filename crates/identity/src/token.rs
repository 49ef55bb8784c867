//! Tokens of observers and executors: each exchanges its key for one, and sends it with everything for ten minutes.
//!
//! A token is for one audience, and the audience is its holder's kind: what observers may call, no executor's token opens, nor the other way
//! round, even if both are of one cluster.
//!
//! A token is a JWT signed with Ed25519. It names the key and the generation of its secret, and holds only while the record of that key
//! says the same: [`Issuer::read`] checks the signature and says which record to look at, [`Unconfirmed::confirm`] looks at it. So a key
//! that is rotated or revoked takes its tokens with it, at once.

use assent_base::id::{ClusterId, KeyId, TenantId};
use assent_base::{Digest, Timestamp};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::jwt::{self, BadJwt};
use crate::key::{Holder, KeyRecord, KeyRefused};
use crate::time::later;

/// Seconds that a token holds.
pub const TOKEN_S: u64 = assent_api::observer::TOKEN_S;
/// Bytes of a token at most.
pub const TOKEN_BYTES_MAX: usize = 2_048;
/// Seconds by which clocks of two replicas may differ.
pub const SKEW_S: u64 = 30;
/// Characters of a signature: 64 bytes in base64url.
const SIGNATURE_CHARS: usize = 86;
const OBSERVERS: &str = "assent-observer-uplink";
const EXECUTORS: &str = "assent-executor-uplink";

/// A key that signs tokens, with the private half.
#[derive(Clone)]
pub struct SigningKey {
    kid: String,
    created_at: Timestamp,
    retired_at: Option<Timestamp>,
    public: Vec<u8>,
    private: Zeroizing<Vec<u8>>,
}

/// A signing key as it is kept. It is a secret, and the store seals it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningKeyRecord {
    /// When it was made.
    pub created_at: Timestamp,
    /// When another took over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<Timestamp>,
    /// The private key: PKCS #8, version 2, as DER in hexadecimal digits.
    pub pkcs8: Zeroizing<String>,
}

/// Issues tokens, and reads them. One key signs, and those before it still verify while tokens of theirs can live.
#[derive(Debug, Clone)]
pub struct Issuer {
    issuer: String,
    keys: Vec<SigningKey>,
}

/// A new token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// Its text.
    pub token: String,
    /// How long it holds.
    pub expires_in_s: u64,
}

/// A token whose signature and time are right. Whether it still holds, the record of its key says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unconfirmed(Claims);

/// A token of which only the head was shown: header and claims, without the signature.
///
/// Nothing is proven by a head: anybody may write one. Its signature, which only its holder and we can know, is what both make keys of.
pub struct Unproven {
    token: Zeroizing<String>,
    head_bytes: usize,
    issued_at_s: i64,
    cluster: ClusterId,
}

/// An observer that is who it says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observer {
    /// Whose observer.
    pub tenant: TenantId,
    /// Which cluster it speaks for, and for no other.
    pub cluster: ClusterId,
    /// The key it has.
    pub key: KeyId,
}

/// An executor that is who it says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Executor {
    /// Whose executor.
    pub tenant: TenantId,
    /// Which cluster it acts in, and in no other.
    pub cluster: ClusterId,
    /// The key it has.
    pub key: KeyId,
}

/// No token could be made or no key be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The key is a machine's, which calls with the key itself.
    #[error("only keys of observers and executors are exchanged for tokens")]
    NotExchanged,
    /// The key does not hold.
    #[error(transparent)]
    Key(#[from] KeyRefused),
    /// A signing key could not be made, read or used.
    #[error("the signing key cannot be used")]
    SigningKey,
}

/// Why a token is refused. Whoever presents it is told none of this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadToken {
    /// It is no token of ours: form, algorithm, signature, issuer or audience.
    #[error("not a token that we issued")]
    NotOurs,
    /// Its time is over.
    #[error("an expired token")]
    Expired,
    /// It was issued later than now.
    #[error("a token from the future")]
    NotYet,
    /// It is for what another kind of holder may call.
    #[error("a token for something else")]
    OtherAudience,
    /// Its key has another secret by now, is another holder's, or is gone.
    #[error("a token of a key that holds no more")]
    Superseded,
    /// Its key was revoked, or has expired.
    #[error(transparent)]
    Key(#[from] KeyRefused),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    iat: i64,
    exp: i64,
    tenant: TenantId,
    cluster: ClusterId,
    key: KeyId,
    generation: u64,
}

impl SigningKey {
    /// A new key.
    pub fn draw(now: Timestamp) -> Result<Self, TokenError> {
        let pair = Ed25519KeyPair::generate().map_err(|_| TokenError::SigningKey)?;
        let private = pair.to_pkcs8().map_err(|_| TokenError::SigningKey)?;
        Self::read(private.as_ref(), now, None)
    }

    /// A key that was kept.
    pub fn restore(record: &SigningKeyRecord) -> Result<Self, TokenError> {
        let bytes = Zeroizing::new(from_hex(&record.pkcs8).ok_or(TokenError::SigningKey)?);
        Self::read(&bytes, record.created_at, record.retired_at)
    }

    /// The key, to be kept.
    #[must_use]
    pub fn record(&self) -> SigningKeyRecord {
        let pkcs8 = Zeroizing::new(self.private.iter().map(|byte| format!("{byte:02x}")).collect());
        SigningKeyRecord { created_at: self.created_at, retired_at: self.retired_at, pkcs8 }
    }

    /// Its name in the header of tokens.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    fn read(pkcs8: &[u8], created_at: Timestamp, retired_at: Option<Timestamp>) -> Result<Self, TokenError> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| TokenError::SigningKey)?;
        let public = pair.public_key().as_ref().to_vec();
        let kid = Digest::of(&public).to_string().chars().skip("sha256:".len()).take(16).collect();
        Ok(Self { kid, created_at, retired_at, public, private: Zeroizing::new(pkcs8.to_vec()) })
    }
}

impl Issuer {
    /// An issuer with these keys, of which the youngest signs. `issuer` is the platform's public address.
    pub fn new(issuer: String, mut keys: Vec<SigningKey>) -> Result<Self, TokenError> {
        keys.sort_by_key(|key| std::cmp::Reverse(key.created_at));
        if keys.is_empty() {
            return Err(TokenError::SigningKey);
        }
        Ok(Self { issuer, keys })
    }

    /// The same with a new key that signs from now on. Keys that no living token is signed with are dropped.
    pub fn rotated(mut self, now: Timestamp) -> Result<Self, TokenError> {
        let new = SigningKey::draw(now)?;
        for key in &mut self.keys {
            key.retired_at = key.retired_at.or(Some(now));
        }
        self.keys.retain(|key| key.retired_at.is_none_or(|retired_at| now < later(retired_at, TOKEN_S.saturating_add(SKEW_S))));
        self.keys.insert(0, new);
        Ok(self)
    }

    /// Its keys, youngest first, to be kept.
    #[must_use]
    pub fn keys(&self) -> &[SigningKey] {
        &self.keys
    }

    /// A token for the observer or executor that has just presented this key.
    pub fn issue(&self, key: &KeyRecord, now: Timestamp) -> Result<Issued, TokenError> {
        key.holds(now)?;
        let (cluster, audience) = match key.holder {
            Holder::Observer { cluster } => (cluster, OBSERVERS),
            Holder::Executor { cluster } => (cluster, EXECUTORS),
            Holder::Machine { .. } => return Err(TokenError::NotExchanged),
        };
        let signing = self.keys.first().ok_or(TokenError::SigningKey)?;
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: audience.to_owned(),
            iat: now.as_second(),
            exp: later(now, TOKEN_S).as_second(),
            tenant: key.tenant,
            cluster,
            key: key.id,
            generation: key.generation,
        };
        let header = Header { kid: Some(signing.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        let token =
            jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ed_der(&signing.private)).map_err(|_| TokenError::SigningKey)?;
        Ok(Issued { token, expires_in_s: TOKEN_S })
    }

    /// Checks signature, issuer, audience and time.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<Unconfirmed, BadToken> {
        let not_ours = |_: BadJwt| BadToken::NotOurs;
        let header = jwt::header(token, TOKEN_BYTES_MAX).map_err(not_ours)?;
        let key = self.keys.iter().find(|key| header.kid.as_deref() == Some(&key.kid)).ok_or(BadToken::NotOurs)?;
        let claims: Claims = jwt::claims(token, &DecodingKey::from_ed_der(&key.public), Algorithm::EdDSA).map_err(not_ours)?;
        if claims.iss != self.issuer || ![OBSERVERS, EXECUTORS].contains(&claims.aud.as_str()) {
            return Err(BadToken::NotOurs);
        }
        if now.as_second() >= claims.exp {
            return Err(BadToken::Expired);
        }
        if claims.iat > later(now, SKEW_S).as_second() {
            return Err(BadToken::NotYet);
        }
        Ok(Unconfirmed(claims))
    }
}

impl Issuer {
    /// Puts the signature back to the head of an observer's token. An Ed25519 signature is the same whenever it is made (RFC 8032).
    ///
    /// # Errors
    /// When the head is none that we would have signed, or its time is over.
    pub fn complete(&self, head: &str, now: Timestamp) -> Result<Unproven, BadToken> {
        use base64::Engine as _;
        let not_ours = |_: BadJwt| BadToken::NotOurs;
        let bytes_max = TOKEN_BYTES_MAX.saturating_sub(SIGNATURE_CHARS).saturating_sub(1);
        let kid = jwt::header(&format!("{head}.{}", "A".repeat(SIGNATURE_CHARS)), TOKEN_BYTES_MAX).map_err(not_ours)?.kid;
        let key = self.keys.iter().find(|key| kid.as_deref() == Some(&key.kid)).ok_or(BadToken::NotOurs)?;
        if head.len() > bytes_max {
            return Err(BadToken::NotOurs);
        }
        let pair = Ed25519KeyPair::from_pkcs8(&key.private).map_err(|_| BadToken::NotOurs)?;
        let signature = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(pair.sign(head.as_bytes()));
        let token = Zeroizing::new(format!("{head}.{signature}"));
        let claims = self.read(&token, now)?.0;
        // I8: we sign nothing that holds longer than a token does.
        if claims.exp.saturating_sub(claims.iat) > i64::try_from(TOKEN_S).unwrap_or(i64::MAX) || claims.aud != OBSERVERS {
            return Err(BadToken::NotOurs);
        }
        Ok(Unproven { token, head_bytes: head.len(), issued_at_s: claims.iat, cluster: claims.cluster })
    }
}

impl Unproven {
    /// The signature, to make keys of. It must never be sent to anybody.
    #[must_use]
    pub fn signature(&self) -> &str {
        self.token.get(self.head_bytes.saturating_add(1)..).unwrap_or_default()
    }

    /// The second in which the token was issued, since 1970.
    #[must_use]
    pub fn issued_at_s(&self) -> i64 {
        self.issued_at_s
    }

    /// The cluster that is claimed.
    #[must_use]
    pub fn cluster(&self) -> ClusterId {
        self.cluster
    }

    /// The whole token. Only for whoever has opened what nobody without the signature could have sealed: with it they are believed.
    #[must_use]
    pub fn dangerous_whole(self) -> assent_base::Secret {
        assent_base::Secret::new(self.token.to_string())
    }
}

impl Unconfirmed {
    /// The tenant to look in.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.0.tenant
    }

    /// The key whose record to look at. If there is none, the token is [`BadToken::Superseded`].
    #[must_use]
    pub fn key(&self) -> KeyId {
        self.0.key
    }

    /// Holds an observer's token against the record of its key as it is now.
    pub fn confirm(self, key: &KeyRecord, now: Timestamp) -> Result<Observer, BadToken> {
        match key.holder {
            Holder::Observer { cluster } => {
                let (tenant, key) = self.holds(OBSERVERS, cluster, key, now)?;
                Ok(Observer { tenant, cluster, key })
            }
            Holder::Executor { .. } | Holder::Machine { .. } => Err(BadToken::Superseded),
        }
    }

    /// Holds an executor's token against the record of its key as it is now.
    pub fn confirm_executor(self, key: &KeyRecord, now: Timestamp) -> Result<Executor, BadToken> {
        match key.holder {
            Holder::Executor { cluster } => {
                let (tenant, key) = self.holds(EXECUTORS, cluster, key, now)?;
                Ok(Executor { tenant, cluster, key })
            }
            Holder::Observer { .. } | Holder::Machine { .. } => Err(BadToken::Superseded),
        }
    }

    fn holds(self, audience: &str, cluster: ClusterId, key: &KeyRecord, now: Timestamp) -> Result<(TenantId, KeyId), BadToken> {
        let claims = self.0;
        if claims.aud != audience {
            return Err(BadToken::OtherAudience);
        }
        key.holds(now)?;
        let same_key = claims.tenant == key.tenant && claims.key == key.id && claims.generation == key.generation;
        if same_key && claims.cluster == cluster { Ok((claims.tenant, claims.key)) } else { Err(BadToken::Superseded) }
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok())).collect()
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "signing key {}", self.kid)
    }
}

impl std::fmt::Debug for SigningKeyRecord {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "signing key of {}, [redacted]", self.created_at)
    }
}

#[cfg(test)]
mod tests {
    use assent_base::id::RANDOM_BYTES;

    use super::*;

    const START: Timestamp = Timestamp::UNIX_EPOCH;
    const US: &str = "https://assent.example";

    #[test]
    fn a_token_says_who_the_observer_is_for_ten_minutes() {
        let (issuer, key) = (issuer(), observer_key());
        let token = issuer.issue(&key, START).unwrap().token;
        let read = issuer.read(&token, later(START, 599)).unwrap();
        assert_eq!((read.tenant(), read.key()), (key.tenant, key.id));
        let observer = read.confirm(&key, later(START, 599)).unwrap();
        assert_eq!(observer, Observer { tenant: key.tenant, cluster: cluster(1), key: key.id });
        assert_eq!(issuer.read(&token, later(START, 600)), Err(BadToken::Expired));
    }

    #[test]
    fn the_head_of_a_token_gets_its_signature_back_and_no_other_head_gets_one() {
        let issuer = issuer();
        let token = issuer.issue(&observer_key(), START).unwrap().token;
        let (head, signature) = token.rsplit_once('.').unwrap();
        let completed = issuer.complete(head, later(START, 599)).unwrap();
        assert_eq!((completed.signature(), completed.issued_at_s(), completed.cluster()), (signature, 0, cluster(1)));
        assert_eq!(completed.dangerous_whole().expose(), token, "a signature is the same whenever it is made");
        assert_eq!(issuer.complete(head, later(START, 600)).err(), Some(BadToken::Expired));
        let another = Issuer::new(US.to_owned(), vec![SigningKey::draw(START).unwrap()]).unwrap();
        assert_eq!(another.complete(head, START).err(), Some(BadToken::NotOurs), "another platform's");
        let executors = issuer.issue(&executor_key(), START).unwrap().token;
        assert_eq!(issuer.complete(executors.rsplit_once('.').unwrap().0, START).err(), Some(BadToken::NotOurs));
        for bad in ["", ".", "a.b", &token, "e30.e30", &format!("{head}.{}", "A".repeat(3_000))] {
            assert_eq!(issuer.complete(bad, START).err(), Some(BadToken::NotOurs), "{bad}");
        }
    }

    #[test]
    fn nothing_is_completed_that_holds_longer_than_a_token_does() {
        use base64::Engine as _;
        let issuer = issuer();
        let token = issuer.issue(&observer_key(), START).unwrap().token;
        let base64 = base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let [header, claims, _] = token.split('.').collect::<Vec<_>>()[..] else { panic!("a token has three parts") };
        let mut claims: Claims = serde_json::from_slice(&base64.decode(claims).unwrap()).unwrap();
        claims.exp += 1;
        let longer = format!("{header}.{}", base64.encode(serde_json::to_vec(&claims).unwrap()));
        assert_eq!(issuer.complete(&longer, START).err(), Some(BadToken::NotOurs));
    }

    #[test]
    fn a_rotated_or_revoked_key_takes_its_tokens_with_it() {
        let (issuer, key) = (issuer(), observer_key());
        let token = issuer.issue(&key, START).unwrap().token;
        let (rotated, _) = key.clone().rotated().unwrap();
        assert_eq!(issuer.read(&token, START).unwrap().confirm(&rotated, START), Err(BadToken::Superseded));
        let revoked = key.revoked(START);
        assert_eq!(issuer.read(&token, START).unwrap().confirm(&revoked, START), Err(BadToken::Key(KeyRefused::Revoked)));
        assert_eq!(issuer.issue(&revoked, START), Err(TokenError::Key(KeyRefused::Revoked)));
    }

    #[test]
    fn a_token_holds_for_its_own_key_and_cluster() {
        let (issuer, key) = (issuer(), observer_key());
        let token = issuer.issue(&key, START).unwrap().token;
        let moved = KeyRecord { holder: Holder::Observer { cluster: cluster(2) }, ..key.clone() };
        let machine = KeyRecord { holder: Holder::Machine { grants: Vec::new() }, ..key.clone() };
        let foreign = KeyRecord { tenant: TenantId::new(START, [9; RANDOM_BYTES]), ..key };
        for other in [moved, machine.clone(), foreign, observer_key()] {
            assert_eq!(issuer.read(&token, START).unwrap().confirm(&other, START), Err(BadToken::Superseded));
        }
        assert_eq!(issuer.issue(&machine, START), Err(TokenError::NotExchanged));
    }

    #[test]
    fn an_executors_token_says_so_for_as_long_as_its_key_holds() {
        let (issuer, key) = (issuer(), executor_key());
        let token = issuer.issue(&key, START).unwrap().token;
        let executor = issuer.read(&token, later(START, 599)).unwrap().confirm_executor(&key, later(START, 599)).unwrap();
        assert_eq!(executor, Executor { tenant: key.tenant, cluster: cluster(1), key: key.id });
        let (rotated, _) = key.clone().rotated().unwrap();
        assert_eq!(issuer.read(&token, START).unwrap().confirm_executor(&rotated, START), Err(BadToken::Superseded));
        let elsewhere = KeyRecord { holder: Holder::Executor { cluster: cluster(2) }, ..key.clone() };
        assert_eq!(issuer.read(&token, START).unwrap().confirm_executor(&elsewhere, START), Err(BadToken::Superseded));
        let revoked = key.revoked(START);
        assert_eq!(issuer.read(&token, START).unwrap().confirm_executor(&revoked, START), Err(BadToken::Key(KeyRefused::Revoked)));
    }

    #[test]
    fn an_observers_token_is_no_executors_nor_the_other_way_round() {
        let issuer = issuer();
        let (observer, executor) = (observer_key(), executor_key());
        let (tokens, records) = ([&observer, &executor].map(|key| issuer.issue(key, START).unwrap().token), [&observer, &executor]);
        for (own, token) in tokens.iter().enumerate() {
            for (other, record) in records.iter().enumerate() {
                let read = || issuer.read(token, START).unwrap();
                assert_eq!(read().confirm(record, START).is_ok(), own == 0 && other == 0);
                assert_eq!(read().confirm_executor(record, START).is_ok(), own == 1 && other == 1);
            }
        }
        // Even if one record took the place of the other, a token opens what it was issued for.
        let turned = KeyRecord { holder: executor.holder.clone(), ..observer };
        assert_eq!(issuer.read(&tokens[0], START).unwrap().confirm_executor(&turned, START), Err(BadToken::OtherAudience));
    }

    #[test]
    fn keys_rotate_without_losing_tokens() {
        let (old, key) = (issuer(), observer_key());
        let token = old.issue(&key, START).unwrap().token;
        let new = old.clone().rotated(START).unwrap();
        assert!(new.read(&token, later(START, 599)).is_ok());
        let newer = new.issue(&key, START).unwrap().token;
        assert_eq!(old.read(&newer, START), Err(BadToken::NotOurs));
        let later_on = new.rotated(later(START, TOKEN_S + SKEW_S)).unwrap();
        assert_eq!(later_on.keys().len(), 2, "the first key is gone, the second may have tokens that live");
    }

    #[test]
    fn a_kept_key_signs_as_before() {
        let (issuer, key) = (issuer(), observer_key());
        let kept = serde_json::to_string(&issuer.keys()[0].record()).unwrap();
        let restored = SigningKey::restore(&serde_json::from_str(&kept).unwrap()).unwrap();
        let token = Issuer::new(US.to_owned(), vec![restored]).unwrap().issue(&key, START).unwrap().token;
        assert!(issuer.read(&token, START).is_ok());
    }

    #[test]
    fn tokens_of_others_are_not_ours() {
        let (issuer, key) = (issuer(), observer_key());
        let signing = &issuer.keys()[0];
        let claims = Claims {
            iss: US.to_owned(),
            aud: OBSERVERS.to_owned(),
            iat: 0,
            exp: 600,
            tenant: key.tenant,
            cluster: cluster(1),
            key: key.id,
            generation: 1,
        };
        let sign = |header: &Header, claims: &Claims, with: &EncodingKey| jsonwebtoken::encode(header, claims, with).unwrap();
        let private = EncodingKey::from_ed_der(&signing.private);
        let header = Header { kid: Some(signing.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        assert!(issuer.read(&sign(&header, &claims, &private), START).is_ok(), "the yardstick is right");

        let elsewhere = Claims { iss: "https://other.example".to_owned(), ..claims.clone() };
        let for_others = Claims { aud: "another".to_owned(), ..claims.clone() };
        let symmetric = Header { kid: Some(signing.kid.clone()), ..Header::new(Algorithm::HS256) };
        let unknown = Header { kid: Some("other".to_owned()), ..Header::new(Algorithm::EdDSA) };
        let nameless = Header::new(Algorithm::EdDSA);
        let critical = Header { crit: Some(vec!["b64".to_owned()]), ..header.clone() };
        let stranger = SigningKey::draw(START).unwrap();
        for (what, token) in [
            ("another issuer", sign(&header, &elsewhere, &private)),
            ("another audience", sign(&header, &for_others, &private)),
            ("the public key as a shared secret", sign(&symmetric, &claims, &EncodingKey::from_secret(&signing.public))),
            ("an unknown key", sign(&unknown, &claims, &private)),
            ("no key named", sign(&nameless, &claims, &private)),
            ("a critical header", sign(&critical, &claims, &private)),
            ("the key of a stranger", sign(&header, &claims, &EncodingKey::from_ed_der(&stranger.private))),
            ("too long", "a".repeat(TOKEN_BYTES_MAX + 1)),
            ("empty", String::new()),
        ] {
            assert_eq!(issuer.read(&token, START), Err(BadToken::NotOurs), "{what}");
        }
        let future = Claims { iat: 31, exp: 700, ..claims };
        assert_eq!(issuer.read(&sign(&header, &future, &private), START), Err(BadToken::NotYet));
    }

    fn issuer() -> Issuer {
        Issuer::new(US.to_owned(), vec![SigningKey::draw(START).unwrap()]).unwrap()
    }

    fn observer_key() -> KeyRecord {
        KeyRecord::draw(TenantId::new(START, [1; RANDOM_BYTES]), Holder::Observer { cluster: cluster(1) }, START, None).unwrap().0
    }

    fn executor_key() -> KeyRecord {
        KeyRecord::draw(TenantId::new(START, [1; RANDOM_BYTES]), Holder::Executor { cluster: cluster(1) }, START, None).unwrap().0
    }

    fn cluster(seed: u8) -> ClusterId {
        ClusterId::new(START, [seed; RANDOM_BYTES])
    }
}
