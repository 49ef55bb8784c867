//! Bodies that are on their way: how many of them somebody may keep us waiting for, and with how many bytes.
//!
//! A body is waited for before a seat of [`crate::Limits::requests_at_once_max`] is taken: whoever sends one slowly would keep the seat from
//! others. Strangers have places of their own, a few for each address, so that what they hold back is never that of somebody who is known.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use assent_api::{Code, Problem};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Places for bodies.
pub(crate) struct Waiting {
    all_max: usize,
    each_max: usize,
    bytes: Arc<Semaphore>,
    taken: Mutex<BTreeMap<String, usize>>,
}

/// One body's place, with the bytes that have come; both are free again when this goes.
pub(crate) struct Place {
    waiting: Arc<Waiting>,
    who: String,
    held: Option<OwnedSemaphorePermit>,
}

impl Waiting {
    /// Places in all, for each sender, and the bytes that may have come of bodies that are not whole yet.
    pub(crate) fn new(all_max: usize, each_max: usize, bytes_max: usize) -> Arc<Self> {
        let bytes = Arc::new(Semaphore::new(bytes_max.min(Semaphore::MAX_PERMITS)));
        Arc::new(Self { all_max, each_max, bytes, taken: Mutex::default() })
    }

    /// A place for a body of this sender.
    pub(crate) fn take(self: &Arc<Self>, who: String) -> Result<Place, Problem> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.get(&who).copied().unwrap_or(0);
        if own >= self.each_max {
            return Err(Problem::new(Code::TooMany, format!("{own} bodies of yours are still on their way")).retry_after(1));
        }
        if taken.values().sum::<usize>() >= self.all_max {
            return Err(Problem::new(Code::Unavailable, "too many bodies are on their way").retry_after(1));
        }
        taken.insert(who.clone(), own + 1);
        drop(taken);
        Ok(Place { waiting: Arc::clone(self), who, held: None })
    }
}

impl Place {
    /// Makes room for bytes that have come.
    pub(crate) fn hold(&mut self, bytes: usize) -> Result<(), Problem> {
        let busy = || Problem::new(Code::Unavailable, "too many bytes are waiting to be read").retry_after(1);
        let bytes = u32::try_from(bytes).map_err(|_| busy())?;
        let more = Arc::clone(&self.waiting.bytes).try_acquire_many_owned(bytes).map_err(|_| busy())?;
        match &mut self.held {
            Some(held) => held.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.waiting.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.who) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(place: Result<Place, Problem>) -> Option<Code> {
        place.err().map(|problem| problem.code)
    }

    #[test]
    fn places_are_bounded_for_each_and_in_all_and_come_free_again() {
        let waiting = Waiting::new(3, 2, 100);
        let ada = || waiting.take("ada".to_owned());
        let (one, two) = (ada().expect("free"), ada().expect("free"));
        assert_eq!(code(ada()), Some(Code::TooMany));
        let bob = waiting.take("bob".to_owned()).expect("others have theirs");
        assert_eq!(code(waiting.take("eve".to_owned())), Some(Code::Unavailable));
        drop((one, two, bob));
        assert!(ada().is_ok() && waiting.taken.lock().expect("no panic").is_empty());
    }

    #[test]
    fn bytes_are_bounded_over_all_bodies() {
        let waiting = Waiting::new(9, 9, 10);
        let (mut one, mut two) = (waiting.take("ada".to_owned()).expect("free"), waiting.take("bob".to_owned()).expect("free"));
        assert!(one.hold(4).is_ok() && one.hold(4).is_ok() && two.hold(2).is_ok());
        assert_eq!(two.hold(1).err().map(|problem| problem.code), Some(Code::Unavailable));
        drop(one);
        assert!(two.hold(8).is_ok());
    }
}
