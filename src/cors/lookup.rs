//! Lookups that cost the same among one key and among a million: a hash index, and what is kept under it.
//!
//! The keys come from the configuration, so nobody can choose them to collide: a keyed hasher would gain nothing and
//! cost every request. Lookups walk a run of slots that only the configuration determines.

/// The entry of a slot that holds none.
const EMPTY: u32 = u32::MAX;

/// An odd constant with evenly spread bits (2^64 divided by the golden ratio).
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// Where a hash that is fed byte by byte begins.
pub const START: u64 = 0x51_7c_c1_b7_27_22_0a_95;

/// Feeds one byte (or any small number) to a hash.
#[inline]
pub fn feed(state: u64, value: u32) -> u64 {
    (state ^ u64::from(value)).wrapping_mul(MULTIPLIER).rotate_left(23)
}

/// Ends a hash that was fed byte by byte. A product takes nothing of its high bits to its low ones, where keys that differ
/// in their last byte alone would all be the same: hence the fold.
#[inline]
pub fn finish(state: u64) -> u32 {
    let product = state.wrapping_mul(MULTIPLIER);
    ((product ^ product >> 32).wrapping_mul(MULTIPLIER) >> 32) as u32
}

/// Hashes a whole key, eight bytes at a step.
#[inline]
pub fn hash(bytes: &[u8]) -> u32 {
    hash_words(bytes, 0)
}

/// Hashes a key whose letter case does not count. Some bytes that are no letters fall together, as hashes may.
#[inline]
pub fn hash_ignoring_case(bytes: &[u8]) -> u32 {
    hash_words(bytes, 0x2020_2020_2020_2020)
}

/// Hashes eight bytes at a step, each with the bits of `mask` set. The last step takes the last eight bytes, some of them
/// again: that is cheaper than to take the rest one by one.
#[inline]
fn hash_words(bytes: &[u8], mask: u64) -> u32 {
    let mut state = START ^ bytes.len() as u64;
    let last = match bytes.last_chunk::<8>() {
        Some(last) => u64::from_le_bytes(*last),
        None => bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    for word in bytes.as_chunks::<8>().0 {
        state = (state ^ (u64::from_le_bytes(*word) | mask)).wrapping_mul(MULTIPLIER).rotate_left(23);
    }
    finish(state ^ (last | mask))
}

/// Whether two texts are the same but for letter case. Outlined: none of its callers is where time is spent.
#[inline(never)]
pub fn same_ignoring_case(a: &[u8], b: &[u8]) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// Whether two keys are the same, eight bytes at a step: the `memcmp` of wasi's libc goes byte by byte, at twenty
/// instructions each.
#[inline]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    let same_word = |(a, b): (&[u8; 8], &[u8; 8])| u64::from_le_bytes(*a) == u64::from_le_bytes(*b);
    if a.len() != b.len() {
        return false;
    }
    // The last eight bytes come first: keys of one configuration begin alike. They overlap the words before.
    match (a.last_chunk::<8>(), b.last_chunk::<8>()) {
        (Some(a_last), Some(b_last)) => {
            same_word((a_last, b_last)) && a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0).all(same_word)
        }
        _ => a.iter().zip(b).all(|(a, b)| a == b),
    }
}

/// Finds entries, which the caller holds and numbers, by the hash of their key.
#[derive(Debug, Clone)]
pub struct Index {
    slots: Box<[Slot]>,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    hash: u32,
    entry: u32,
}

impl Index {
    /// An index with room for `entries` entries.
    #[cold]
    pub fn with_capacity(entries: usize) -> Self {
        // At most half full, so that a lookup that finds nothing ends soon.
        let slots = (entries * 2).next_power_of_two().max(8);
        Index { slots: vec![Slot { hash: 0, entry: EMPTY }; slots].into_boxed_slice() }
    }

    /// The first entry under `hash` for which `is_match` holds.
    #[inline]
    pub fn find(&self, hash: u32, mut is_match: impl FnMut(usize) -> bool) -> Option<usize> {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        for _ in 0..self.slots.len() {
            let slot = self.slots.get(at)?;
            if slot.entry == EMPTY {
                return None;
            }
            if slot.hash == hash && is_match(slot.entry as usize) {
                return Some(slot.entry as usize);
            }
            at = (at + 1) & mask;
        }
        None
    }

    /// Makes room for `entries` entries, if there is none: twice as much, so that this is rare.
    #[cold]
    fn grow_for(&mut self, entries: usize) {
        if entries * 2 > self.slots.len() {
            let small = std::mem::replace(self, Index::with_capacity(entries * 2));
            for slot in small.slots.iter().filter(|slot| slot.entry != EMPTY) {
                self.insert(slot.hash, slot.entry as usize);
            }
        }
    }

    /// Adds an entry; what does not fit the capacity is not added.
    #[cold]
    pub fn insert(&mut self, hash: u32, entry: usize) {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        for _ in 0..self.slots.len() {
            match self.slots.get_mut(at) {
                Some(slot) if slot.entry == EMPTY => {
                    *slot = Slot { hash, entry: entry as u32 };
                    return;
                }
                _ => at = (at + 1) & mask,
            }
        }
    }
}

/// Feeds a whole text to a hash, its last byte first: so a walk over the suffixes of a host hashes all of them in one
/// pass ([`suffixes`]).
pub fn hash_backwards(text: &[u8]) -> u64 {
    text.iter().rev().fold(START, |state, byte| feed(state, u32::from(*byte)))
}

/// The suffixes of a host that begin with a dot, the shortest first, each with its [`hash_backwards`].
#[inline]
pub fn suffixes(host: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    let mut state = START;
    host.iter().enumerate().rev().filter_map(move |(at, byte)| {
        state = feed(state, u32::from(*byte));
        if *byte == b'.' { Some((state, host.get(at..)?)) } else { None }
    })
}

/// Groups of rules, each found by a key that the group itself holds.
#[derive(Debug, Clone)]
pub struct Groups<G> {
    groups: Vec<G>,
    index: Index,
}

impl<G> Default for Groups<G> {
    fn default() -> Self {
        Groups { groups: Vec::new(), index: Index::with_capacity(0) }
    }
}

impl<G> Groups<G> {
    /// The group under `hash` for which `is_key` holds, with its number.
    #[inline]
    pub fn find(&self, hash: u32, is_key: impl Fn(&G) -> bool) -> Option<(usize, &G)> {
        let number = self.index.find(hash, |at| self.groups.get(at).is_some_and(&is_key))?;
        Some((number, self.groups.get(number)?))
    }

    /// The number of that group, which is made and added where there is none.
    pub fn find_or_add(&mut self, hash: u32, is_key: impl Fn(&G) -> bool, make: impl FnOnce() -> G) -> usize {
        if let Some((number, _)) = self.find(hash, is_key) {
            return number;
        }
        let number = self.groups.len();
        self.groups.push(make());
        self.index.grow_for(self.groups.len());
        self.index.insert(hash, number);
        number
    }

    /// A group by its number.
    pub fn get(&self, number: usize) -> Option<&G> {
        self.groups.get(number)
    }

    /// A group by its number, to change it.
    pub fn get_mut(&mut self, number: usize) -> Option<&mut G> {
        self.groups.get_mut(number)
    }

    /// The group that was added last.
    pub fn last(&self) -> Option<&G> {
        self.groups.last()
    }

    /// All groups.
    pub fn iter(&self) -> impl Iterator<Item = &G> {
        self.groups.iter()
    }

    /// Whether no group was added.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
}

/// A set of byte strings.
#[derive(Debug, Clone)]
pub struct KeySet {
    keys: Vec<Box<[u8]>>,
    index: Index,
}

impl KeySet {
    /// The set of `keys`; duplicates count once.
    #[cold]
    pub fn new(keys: Vec<Box<[u8]>>) -> Self {
        let mut set = KeySet { index: Index::with_capacity(keys.len()), keys: Vec::with_capacity(keys.len()) };
        for key in keys {
            if !set.contains(&key) {
                set.index.insert(hash(&key), set.keys.len());
                set.keys.push(key);
            }
        }
        set
    }

    /// Whether `key` is in the set.
    #[inline]
    pub fn contains(&self, key: &[u8]) -> bool {
        let is_key = |entry: usize| self.keys.get(entry).is_some_and(|own| same(own, key));
        !self.keys.is_empty() && self.index.find(hash(key), is_key).is_some()
    }

    /// How many keys are in the set.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key is in the set.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_and_no_other() {
        let keys: Vec<Box<[u8]>> =
            (0..10_000).map(|n| format!("https://a{n}.example.com").into_bytes().into()).collect();
        let set = KeySet::new(keys.clone());
        assert_eq!(set.len(), 10_000);
        assert!(keys.iter().all(|key| set.contains(key)));
        assert!(!set.contains(b"https://a10000.example.com"));
        assert!(!set.contains(b""));
    }

    #[test]
    fn keys_are_the_same_or_not_at_every_length() {
        for length in 0..40 {
            let key: Vec<u8> = (0..length).collect();
            assert!(same(&key, &key.clone()));
            assert!(!same(&key, &[key.as_slice(), b"x"].concat()));
            for at in 0..key.len() {
                let mut other = key.clone();
                other[at] ^= 1;
                assert!(!same(&key, &other));
                assert_eq!(hash_ignoring_case(&other), hash_ignoring_case(&other.to_ascii_uppercase()));
            }
        }
    }

    #[test]
    fn duplicates_count_once() {
        let set = KeySet::new(vec![b"a".as_slice().into(), b"a".as_slice().into()]);
        assert_eq!(set.len(), 1);
    }

    #[test]
    fn suffixes_begin_with_a_dot_and_come_with_their_hash() {
        let found: Vec<_> = suffixes(b"a.b.example.com").collect();
        let expected: [&[u8]; 3] = [b".com", b".example.com", b".b.example.com"];
        assert_eq!(found, expected.map(|suffix| (hash_backwards(suffix), suffix)));
        assert_eq!(suffixes(b"localhost").count(), 0);
    }

    #[test]
    fn a_group_is_added_once_under_its_key() {
        let mut groups = Groups::default();
        for number in (0..1000).chain(0..1000) {
            let key = number.to_string();
            assert_eq!(groups.find_or_add(hash(key.as_bytes()), |own| *own == key, || key.clone()), number);
        }
        assert_eq!(groups.iter().count(), 1000);
        assert_eq!(groups.last().map(String::as_str), Some("999"));
        assert_eq!(groups.find(hash(b"700"), |own| own == "700"), Some((700, &String::from("700"))));
        assert_eq!(groups.find(hash(b"1000"), |own| own == "1000"), None);
    }

    #[test]
    fn a_full_index_still_answers() {
        let mut index = Index::with_capacity(0);
        for entry in 0..20 {
            index.insert(7, entry);
        }
        assert_eq!(index.find(7, |_| false), None);
        assert_eq!(index.find(7, |_| true), Some(0));
        assert_eq!(index.find(8, |_| true), None);
    }
}
