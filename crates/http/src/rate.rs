//! How often an address may ask: a bucket of tokens for each, refilled with time.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Buckets of many addresses.
pub(crate) struct Rate {
    per_s: f64,
    burst: f64,
    addresses_max: usize,
    buckets: Mutex<BTreeMap<IpAddr, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Rate {
    pub(crate) fn new(per_s: f64, burst: f64, addresses_max: usize) -> Self {
        Self { per_s, burst, addresses_max, buckets: Mutex::default() }
    }

    /// Takes one token, or says after how many seconds there is one.
    pub(crate) fn take(&self, address: IpAddr, now: Instant) -> Result<(), u64> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let key = neighbourhood(address);
        if !buckets.contains_key(&key) && buckets.len() >= self.addresses_max {
            self.forget(&mut buckets, now);
        }
        let bucket = buckets.entry(key).or_insert(Bucket { tokens: self.burst, at: now });
        bucket.tokens = self.filled(*bucket, now);
        bucket.at = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        Err(self.wait_s(bucket.tokens))
    }

    /// Whether there is a token, without taking it.
    pub(crate) fn has(&self, address: IpAddr, now: Instant) -> Result<(), u64> {
        let buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let tokens = buckets.get(&neighbourhood(address)).map_or(self.burst, |bucket| self.filled(*bucket, now));
        if tokens >= 1.0 { Ok(()) } else { Err(self.wait_s(tokens)) }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 1 to 3600")]
    fn wait_s(&self, tokens: f64) -> u64 {
        ((1.0 - tokens) / self.per_s).ceil().clamp(1.0, 3_600.0) as u64
    }

    fn filled(&self, bucket: Bucket, now: Instant) -> f64 {
        let gained = now.saturating_duration_since(bucket.at).as_secs_f64() * self.per_s;
        (bucket.tokens + gained).min(self.burst)
    }

    /// Full buckets say nothing. If all are in use, the older half goes: better some are too free than that the table grows.
    fn forget(&self, buckets: &mut BTreeMap<IpAddr, Bucket>, now: Instant) {
        buckets.retain(|_, bucket| self.filled(*bucket, now) < self.burst);
        if buckets.len() >= self.addresses_max {
            let mut instants: Vec<Instant> = buckets.values().map(|bucket| bucket.at).collect();
            instants.sort_unstable();
            if let Some(middle) = instants.get(instants.len() / 2).copied() {
                buckets.retain(|_, bucket| bucket.at > middle);
            }
        }
    }
}

/// A whole /64 of IPv6 is one subscriber; a mapped IPv4 address is that address.
pub(crate) fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ADA: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn a_burst_is_served_and_then_the_rate_holds() {
        let (rate, start) = (Rate::new(2.0, 3.0, 10), Instant::now());
        assert_eq!((0..5).map(|_| rate.take(ADA, start)).collect::<Vec<_>>(), [Ok(()), Ok(()), Ok(()), Err(1), Err(1)]);
        assert_eq!(rate.take(ADA, start + Duration::from_millis(500)), Ok(()));
        assert_eq!(rate.take(ADA, start + Duration::from_millis(500)), Err(1));
        assert_eq!(rate.take("192.0.2.2".parse().expect("an address"), start), Ok(()), "another address");
    }

    #[test]
    fn looking_takes_nothing() {
        let (rate, start) = (Rate::new(1.0, 1.0, 10), Instant::now());
        assert_eq!((rate.has(ADA, start), rate.has(ADA, start), rate.take(ADA, start)), (Ok(()), Ok(()), Ok(())));
        assert_eq!(rate.has(ADA, start), Err(1));
        assert_eq!(rate.has(ADA, start + Duration::from_secs(1)), Ok(()));
    }

    #[test]
    fn addresses_of_one_subscriber_share_a_bucket() {
        let (rate, start) = (Rate::new(1.0, 1.0, 10), Instant::now());
        let take = |text: &str| rate.take(text.parse().expect("an address"), start);
        assert_eq!((take("2001:db8::1"), take("2001:db8::2"), take("2001:db8:0:1::1")), (Ok(()), Err(1), Ok(())));
        assert_eq!((take("192.0.2.9"), take("::ffff:192.0.2.9")), (Ok(()), Err(1)));
    }

    #[test]
    fn many_addresses_take_no_more_room_than_they_may() {
        let (rate, start) = (Rate::new(1.0, 5.0, 8), Instant::now());
        for n in 0..1_000_u32 {
            let _ = rate.take(IpAddr::V4(n.into()), start + Duration::from_millis(u64::from(n)));
        }
        assert!(rate.buckets.lock().expect("no panic").len() <= 8);
    }
}
