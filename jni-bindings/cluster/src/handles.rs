//! Numbers that stand for objects of this library on the Java side.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A table of objects by numbers that are never given twice: one that is stale or made up finds nothing.
///
/// A number is the place in the table, counted from one, below the count of objects that the place has had. Places are
/// used again, so that the table is as long as there were ever objects at once.
#[derive(Debug)]
pub(crate) struct Handles<T> {
    slots: Mutex<Vec<Slot<T>>>,
}

#[derive(Debug)]
struct Slot<T> {
    /// Odd while there is an object.
    generation: u32,
    object: Option<T>,
}

impl<T: Clone> Handles<T> {
    pub(crate) const fn new() -> Self {
        Self { slots: Mutex::new(Vec::new()) }
    }

    /// Takes an object in.
    pub(crate) fn insert(&self, object: T) -> i64 {
        let mut slots = self.slots();
        // A place whose count is used up is left alone.
        let free = slots.iter().position(|slot| slot.object.is_none() && slot.generation < u32::MAX - 1);
        let place = free.unwrap_or_else(|| {
            slots.push(Slot { generation: 0, object: None });
            slots.len() - 1
        });
        let slot = &mut slots[place];
        slot.generation += 1;
        slot.object = Some(object);
        number(place, slot.generation)
    }

    /// The object of that number.
    pub(crate) fn get(&self, handle: i64) -> Option<T> {
        let slots = self.slots();
        let (place, generation) = parts(handle)?;
        slots.get(place).filter(|slot| slot.generation == generation)?.object.clone()
    }

    /// Takes the object of that number out.
    pub(crate) fn remove(&self, handle: i64) -> Option<T> {
        let mut slots = self.slots();
        let (place, generation) = parts(handle)?;
        let slot = slots.get_mut(place).filter(|slot| slot.generation == generation)?;
        let object = slot.object.take()?;
        slot.generation += 1;
        Some(object)
    }

    /// Takes all objects out.
    pub(crate) fn drain(&self) -> Vec<T> {
        let mut slots = self.slots();
        let taken = slots.iter_mut().filter_map(|slot| {
            let object = slot.object.take()?;
            slot.generation += 1;
            Some(object)
        });
        taken.collect()
    }

    /// How many objects there are.
    pub(crate) fn len(&self) -> usize {
        self.slots().iter().filter(|slot| slot.object.is_some()).count()
    }

    fn slots(&self) -> MutexGuard<'_, Vec<Slot<T>>> {
        // Each change is whole before anything in it could panic.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn number(place: usize, generation: u32) -> i64 {
    let place = u32::try_from(place + 1).expect("as many clusters do not fit in memory");
    i64::from(generation) << 32 | i64::from(place)
}

fn parts(handle: i64) -> Option<(usize, u32)> {
    let place = usize::try_from(handle & i64::from(u32::MAX)).ok()?.checked_sub(1)?;
    let generation = u32::try_from(handle >> 32).ok()?;
    Some((place, generation))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_handle_finds_its_object_until_it_is_taken_out_and_never_a_later_one() {
        let handles = Handles::new();
        let (one, two) = (handles.insert("one"), handles.insert("two"));
        assert_eq!((handles.get(one), handles.get(two), handles.len()), (Some("one"), Some("two"), 2));
        assert_eq!(handles.remove(one), Some("one"));
        assert_eq!((handles.get(one), handles.remove(one)), (None, None));
        let three = handles.insert("three");
        assert_eq!(three & 0xffff_ffff, one & 0xffff_ffff, "the place is used again");
        assert_eq!((handles.get(one), handles.get(three)), (None, Some("three")));
        assert_eq!(handles.drain().len(), 2);
        assert_eq!((handles.get(two), handles.len()), (None, 0));
    }

    #[test]
    fn made_up_handles_find_nothing() {
        let handles = Handles::new();
        let real = handles.insert(());
        for made_up in [0, 1, -1, i64::MAX, i64::MIN, real + 1, real - 1, real + (1 << 32), real | i64::MIN] {
            assert_eq!(handles.get(made_up), None, "{made_up:x}");
            assert_eq!(handles.remove(made_up), None, "{made_up:x}");
        }
        handles.remove(real);
        assert_eq!(handles.get(real + (1 << 32)), None, "an even count has no object");
    }
}
