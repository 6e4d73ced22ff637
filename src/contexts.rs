//! The contexts of a VM, by the number that the host gives each of them.
//!
//! Hosts count contexts up, so a list that is appended to stays in order, and a binary search finds a number in it: what
//! that costs is bounded whatever numbers come and go, without a hash whose collisions somebody could bring about.
//! Nothing here panics, whatever the host does.

/// Contexts in the order of their numbers.
#[derive(Debug)]
pub struct Contexts<C> {
    /// Each with its number; `None` for one that is gone.
    slots: Vec<(u32, Option<C>)>,
    gone: usize,
}

impl<C> Contexts<C> {
    /// No contexts yet.
    pub const fn new() -> Self {
        Contexts { slots: Vec::new(), gone: 0 }
    }

    /// Adds a context. Where memory has run out, or a context of that number is there, nothing changes.
    pub fn insert(&mut self, number: u32, context: C) {
        let is_next = self.slots.last().is_none_or(|(last, _)| *last < number);
        // Otherwise the host has counted through all numbers: once in four billion contexts.
        let at = if is_next { self.slots.len() } else { self.slots.partition_point(|(own, _)| *own < number) };
        match self.slots.get_mut(at) {
            Some((own, Some(_))) if *own == number => return,
            Some((own, slot @ None)) if *own == number => {
                *slot = Some(context);
                self.gone = self.gone.saturating_sub(1);
                return;
            }
            _ => {}
        }
        if self.slots.try_reserve(1).is_ok() && self.slots.len() < self.slots.capacity() {
            self.slots.push((number, Some(context)));
            for at in (at + 1..self.slots.len()).rev() {
                if let Some([lower, new]) = self.slots.get_mut(at - 1..=at) {
                    std::mem::swap(lower, new);
                }
            }
        }
    }

    /// The context of a number.
    #[inline]
    pub fn get_mut(&mut self, number: u32) -> Option<&mut C> {
        let at = self.find(number)?;
        self.slots.get_mut(at)?.1.as_mut()
    }

    /// Takes a context out.
    pub fn remove(&mut self, number: u32) -> Option<C> {
        let at = self.find(number)?;
        let removed = self.slots.get_mut(at)?.1.take()?;
        self.gone += 1;
        while let Some((_, None)) = self.slots.last() {
            self.slots.pop();
            self.gone -= 1;
        }
        // So that each removal pays for a bounded share of this, and a search is among twice the contexts at most.
        if self.gone > self.slots.len() / 2 {
            self.slots.retain(|(_, context)| context.is_some());
            self.gone = 0;
        }
        Some(removed)
    }

    #[inline]
    fn find(&self, number: u32) -> Option<usize> {
        self.slots.binary_search_by_key(&number, |(own, _)| *own).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn contexts_come_and_go_in_any_order() {
        let mut contexts = Contexts::new();
        let mut expected = BTreeMap::new();
        let mut random = 1_u32;
        for step in 0..20_000_u32 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let number = if step % 7 == 0 { random >> 22 } else { step / 3 };
            if random >> 16 & 1 == 0 {
                contexts.insert(number, step);
                expected.entry(number).or_insert(step);
            } else {
                assert_eq!(contexts.remove(number), expected.remove(&number));
            }
            let some = random >> 24;
            assert_eq!(contexts.get_mut(some).copied(), expected.get(&some).copied());
            assert!(contexts.slots.len() <= 2 * expected.len() + 1);
        }
        for (number, context) in expected {
            assert_eq!(contexts.remove(number), Some(context));
        }
        assert_eq!((contexts.slots.len(), contexts.gone), (0, 0));
    }

    #[test]
    fn a_number_that_is_there_keeps_its_context() {
        let mut contexts = Contexts::new();
        contexts.insert(1, 'a');
        contexts.insert(1, 'b');
        assert_eq!(contexts.get_mut(1), Some(&mut 'a'));
        assert_eq!((contexts.remove(2), contexts.remove(1), contexts.remove(1)), (None, Some('a'), None));
    }
}
