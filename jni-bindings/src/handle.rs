//! Handles: numbers that stand for objects, and cannot be turned into anything else. Pure.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a handle stands for; in the handle itself, so that one of another type is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Client = 1,
    Writer = 2,
}

/// Why a handle is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadHandle {
    /// It stood for something that is closed.
    Closed,
    /// It never stood for anything of the kind.
    Unknown,
}

/// Objects by handle: `generation << 32 | kind << 28 | slot`.
///
/// A slot that is given free gets the next generation, so that no handle is ever given out twice; one whose generations are
/// used up stays empty.
#[derive(Debug)]
pub(crate) struct Table<T> {
    slots: Mutex<Slots<T>>,
    kind: Kind,
}

#[derive(Debug)]
struct Slots<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Slot<T> {
    /// From 1: so 0 is no handle. That of the next object, while the slot is empty.
    generation: u32,
    object: Option<T>,
}

/// Bits of the slot.
const SLOT_BITS: u32 = 28;
/// The last generation: handles are positive.
const LAST: u32 = i32::MAX as u32;

impl<T: Clone> Table<T> {
    pub(crate) const fn new(kind: Kind) -> Self {
        Self { slots: Mutex::new(Slots { slots: Vec::new(), free: Vec::new() }), kind }
    }

    fn lock(&self) -> MutexGuard<'_, Slots<T>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn handle(&self, generation: u32, slot: u32) -> i64 {
        i64::from(generation) << 32 | i64::from(self.kind as u8) << SLOT_BITS | i64::from(slot)
    }

    /// Takes an object in; `None` where all slots are taken.
    pub(crate) fn insert(&self, object: T) -> Option<i64> {
        let mut slots = self.lock();
        let slot = match slots.free.pop() {
            Some(slot) => slot,
            None => {
                let slot = u32::try_from(slots.slots.len()).ok().filter(|slot| *slot < 1 << SLOT_BITS)?;
                slots.slots.push(Slot { generation: 1, object: None });
                slot
            }
        };
        let entry = &mut slots.slots[slot as usize];
        entry.object = Some(object);
        Some(self.handle(entry.generation, slot))
    }

    /// The object of a handle.
    pub(crate) fn get(&self, handle: i64) -> Result<T, BadHandle> {
        let mut slots = self.lock();
        let slot = self.slot(&mut slots, handle)?;
        slots.slots[slot].object.clone().ok_or(BadHandle::Unknown)
    }

    /// Takes an object out; its handle is closed from then on.
    pub(crate) fn remove(&self, handle: i64) -> Result<T, BadHandle> {
        let mut slots = self.lock();
        let slot = self.slot(&mut slots, handle)?;
        let entry = &mut slots.slots[slot];
        let object = entry.object.take().ok_or(BadHandle::Unknown)?;
        if entry.generation < LAST {
            entry.generation += 1;
            slots.free.push(slot as u32);
        }
        Ok(object)
    }

    /// The slot of a handle of the present generation.
    fn slot(&self, slots: &mut Slots<T>, handle: i64) -> Result<usize, BadHandle> {
        let generation = u32::try_from(handle >> 32).map_err(|_| BadHandle::Unknown)?;
        let low = handle as u32;
        let slot = (low & ((1 << SLOT_BITS) - 1)) as usize;
        if low >> SLOT_BITS != u32::from(self.kind as u8) {
            return Err(BadHandle::Unknown);
        }
        let entry = slots.slots.get(slot).ok_or(BadHandle::Unknown)?;
        match generation {
            0 => Err(BadHandle::Unknown),
            // The last generation of a slot ends without another one.
            before if before < entry.generation || (before == LAST && entry.object.is_none()) => Err(BadHandle::Closed),
            now if now == entry.generation && entry.object.is_some() => Ok(slot),
            _ => Err(BadHandle::Unknown),
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.lock().slots.len()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn closed_and_forged_handles_are_told_apart() {
        let table = Table::new(Kind::Client);
        let first = table.insert('a').unwrap();
        assert_eq!(table.get(first), Ok('a'));
        assert_eq!(table.remove(first), Ok('a'));
        assert_eq!(table.get(first), Err(BadHandle::Closed));
        assert_eq!(table.remove(first), Err(BadHandle::Closed));
        let second = table.insert('b').unwrap();
        assert_ne!(first, second);
        assert_eq!((table.get(first), table.get(second)), (Err(BadHandle::Closed), Ok('b')));
        let next_generation = second + (1 << 32);
        for forged in [0, -1, 1, i64::MIN, i64::MAX, second + 1, next_generation, second ^ 1 << 28, second | 1 << 63] {
            assert_eq!(table.get(forged), Err(BadHandle::Unknown), "{forged:x}");
        }
    }

    #[test]
    fn a_handle_of_another_type_is_unknown() {
        let clients = Table::new(Kind::Client);
        let writers = Table::new(Kind::Writer);
        let client = clients.insert(1).unwrap();
        let writer = writers.insert(2).unwrap();
        assert_eq!((clients.get(writer), writers.get(client)), (Err(BadHandle::Unknown), Err(BadHandle::Unknown)));
    }

    #[test]
    fn a_slot_whose_generations_are_used_up_stays_empty() {
        let table = Table::new(Kind::Client);
        let first = table.insert(0).unwrap();
        table.lock().slots[0].generation = LAST;
        let last = first | i64::from(LAST) << 32;
        assert_eq!(table.remove(last), Ok(0));
        assert_eq!(table.get(last), Err(BadHandle::Closed));
        let other = table.insert(1).unwrap();
        assert_eq!((table.get(other), table.len()), (Ok(1), 2));
    }

    #[test]
    fn many_objects_one_after_the_other_take_one_slot() {
        let table = Table::new(Kind::Writer);
        for n in 0..10_000 {
            let handle = table.insert(n).unwrap();
            assert_eq!(table.remove(handle), Ok(n));
        }
        assert_eq!(table.len(), 1);
    }

    proptest! {
        /// Against a map that forgets nothing.
        #[test]
        fn every_handle_has_its_own_object(steps in prop::collection::vec((any::<bool>(), any::<prop::sample::Index>()), 1..200)) {
            let table = Table::new(Kind::Client);
            let mut all: Vec<i64> = Vec::new();
            let mut alive: HashMap<i64, usize> = HashMap::new();
            for (n, (inserts, index)) in steps.into_iter().enumerate() {
                if inserts || all.is_empty() {
                    let handle = table.insert(n).unwrap();
                    prop_assert!(!all.contains(&handle));
                    all.push(handle);
                    alive.insert(handle, n);
                } else {
                    let handle = all[index.index(all.len())];
                    prop_assert_eq!(table.remove(handle), alive.remove(&handle).ok_or(BadHandle::Closed));
                }
                for handle in &all {
                    prop_assert_eq!(table.get(*handle), alive.get(handle).copied().ok_or(BadHandle::Closed));
                }
            }
        }

        #[test]
        fn a_forged_handle_is_refused(handle in any::<i64>()) {
            let table = Table::new(Kind::Client);
            let own = table.insert(()).unwrap();
            prop_assert!(handle == own || table.get(handle).is_err());
        }
    }
}
