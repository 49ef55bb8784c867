//! How many connections one address has, so that none has all of them.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;

use crate::rate::neighbourhood;

/// Counts connections by address.
#[derive(Debug)]
pub(crate) struct Crowd {
    each_max: usize,
    /// Behind these are many.
    proxies: Vec<IpNet>,
    taken: Mutex<BTreeMap<IpAddr, usize>>,
}

/// One connection of an address; it counts until this goes.
#[derive(Debug)]
pub(crate) struct OfCrowd {
    crowd: Arc<Crowd>,
    address: IpAddr,
}

impl Crowd {
    /// So many for each, but for proxies that are trusted.
    pub(crate) fn new(each_max: usize, proxies: Vec<IpNet>) -> Arc<Self> {
        Arc::new(Self { each_max, proxies, taken: Mutex::default() })
    }

    /// Counts one more, unless the address has as many as it may.
    pub(crate) fn join(self: &Arc<Self>, address: IpAddr) -> Option<OfCrowd> {
        let key = neighbourhood(address);
        let is_proxy = self.proxies.iter().any(|network| network.contains(&address.to_canonical()));
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.entry(key).or_insert(0);
        if *own >= self.each_max && !is_proxy {
            return None;
        }
        *own += 1;
        Some(OfCrowd { crowd: Arc::clone(self), address: key })
    }
}

impl Drop for OfCrowd {
    fn drop(&mut self) {
        let mut taken = self.crowd.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.address) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_and_a_trusted_proxy_as_many_as_there_are() {
        let crowd = Crowd::new(2, vec!["10.0.0.0/8".parse().expect("a network")]);
        let join = |text: &str| crowd.join(text.parse().expect("an address"));
        let (one, two) = (join("192.0.2.1"), join("::ffff:192.0.2.1"));
        assert!(one.is_some() && two.is_some() && join("192.0.2.1").is_none());
        assert!(join("192.0.2.2").is_some(), "another");
        drop(one);
        assert!(join("192.0.2.1").is_some(), "free again");
        let many: Vec<_> = (0..5).filter_map(|_| join("10.1.2.3")).collect();
        assert_eq!(many.len(), 5);
        drop((two, many));
        assert!(crowd.taken.lock().expect("no panic").is_empty());
    }
}
