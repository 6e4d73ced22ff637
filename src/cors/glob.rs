//! A compiled glob: a position automaton (Glushkov), matched in one pass without allocation.
//!
//! All positions take a step at once, as the bits of a few words: after nearly every position comes the same again, the
//! next, or where that may be left out the one behind it. So a byte of text costs the same whatever the glob and the text
//! are; only what comes after an alternative or `**` is looked up for each position.

/// The most positions that an automaton may have; this bounds what one byte of input can cost.
pub const MAX_POSITIONS: usize = 256;

const WORD: usize = u64::BITS as usize;
const WORDS: usize = MAX_POSITIONS / WORD;

/// A glob over a host or a path, compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    /// Whether one word holds all positions.
    is_short: bool,
    /// For each byte the number of its row in `readers`.
    rows: Box<[u8; 256]>,
    /// The positions that read a byte, as many words a row as the glob needs.
    readers: Vec<u64>,
    /// Where a match begins.
    first: Positions,
    /// Where a match may end.
    last: Positions,
    /// The positions after which the same may come, the next, and the one behind that.
    same: Positions,
    next: Positions,
    second: Positions,
    /// The positions after which others may come, and which.
    odd: Positions,
    odd_follow: Vec<(usize, Positions)>,
    /// Whether the glob covers nothing at all.
    matches_empty: bool,
}

impl Glob {
    /// Compiles an automaton: what each position reads, the positions that may come next after each, where a match begins
    /// and where it may end, and whether nothing at all is a match.
    #[cold]
    pub fn new(items: &[Item], follow: &[Positions], first: Positions, last: Positions, matches_empty: bool) -> Self {
        let is_short = items.len() <= WORD;
        let mut glob = Glob {
            is_short,
            rows: Box::new([0; 256]),
            readers: Vec::new(),
            first,
            last,
            same: Positions::default(),
            next: Positions::default(),
            second: Positions::default(),
            odd: Positions::default(),
            odd_follow: Vec::new(),
            matches_empty,
        };
        let mut named = [false; 256];
        let mut name = |low: u8, high: u8| {
            named.get_mut(usize::from(low)..=usize::from(high)).unwrap_or_default().fill(true);
        };
        for item in items {
            match item {
                Item::Byte(byte) => name(*byte, *byte),
                Item::Any => {}
                Item::Class { ranges, .. } => ranges.iter().for_each(|(low, high)| name(*low, *high)),
            }
        }
        // All bytes that the glob does not name have one row.
        let (mut row_of_others, mut rows) = (None, 0);
        for ((byte, row), is_named) in (0..=u8::MAX).zip(glob.rows.iter_mut()).zip(named) {
            if let Some(known) = row_of_others.filter(|_| !is_named) {
                *row = known;
                continue;
            }
            let readers = Positions::of(items.iter().map(|item| item.accepts(byte)));
            glob.readers.extend(readers.0.into_iter().take(if is_short { 1 } else { WORDS }));
            *row = rows;
            rows = rows.wrapping_add(1);
            if !is_named {
                row_of_others = Some(*row);
            }
        }
        glob.readers.shrink_to_fit();
        for (at, follow) in follow.iter().enumerate() {
            let mut known = Positions::default();
            for (to, set) in (at..).zip([&mut glob.same, &mut glob.next, &mut glob.second]) {
                if follow.contains(to) {
                    known.add_all(&Positions::single(to));
                    set.add_all(&Positions::single(at));
                }
            }
            if known != *follow {
                glob.odd.add_all(&Positions::single(at));
                glob.odd_follow.push((at, *follow));
            }
        }
        glob
    }

    /// What a match costs at most, as a multiple of what the cheapest glob costs on the same text.
    pub fn weight(&self) -> usize {
        self.odd_follow.len() + if self.is_short { 1 } else { WORDS }
    }

    /// Whether the glob covers the whole of `text`.
    pub fn is_match(&self, text: &[u8]) -> bool {
        let Some((end, start)) = text.split_last() else { return self.matches_empty };
        if self.is_short { self.run::<1>(start, *end) } else { self.run::<WORDS>(start, *end) }
    }

    /// Whether the glob covers a text and its last byte, where the sets of positions have so many words.
    fn run<const W: usize>(&self, start: &[u8], end: u8) -> bool {
        let [first, last, same, next, second, odd] =
            [&self.first, &self.last, &self.same, &self.next, &self.second, &self.odd].map(Positions::words::<W>);
        let rows = self.readers.as_chunks::<W>().0;
        let readers = |byte: u8| {
            let row = self.rows.get(usize::from(byte)).copied().unwrap_or_default();
            rows.get(usize::from(row)).copied().unwrap_or([0; W])
        };
        let mut candidates = first;
        for byte in start {
            let read = and(candidates, readers(*byte));
            if is_empty(read) {
                return false;
            }
            candidates = or(and(read, same), or(shift(and(read, next), 1), shift(and(read, second), 2)));
            if !is_empty(and(read, odd)) {
                for (at, follow) in &self.odd_follow {
                    if read.get(at / WORD).is_some_and(|word| word >> (at % WORD) & 1 == 1) {
                        candidates = or(candidates, follow.words());
                    }
                }
            }
        }
        !is_empty(and(and(candidates, readers(end)), last))
    }
}

#[inline(always)]
fn and<const W: usize>(mut a: [u64; W], b: [u64; W]) -> [u64; W] {
    a.iter_mut().zip(b).for_each(|(a, b)| *a &= b);
    a
}

#[inline(always)]
fn or<const W: usize>(mut a: [u64; W], b: [u64; W]) -> [u64; W] {
    a.iter_mut().zip(b).for_each(|(a, b)| *a |= b);
    a
}

#[inline(always)]
fn shift<const W: usize>(mut set: [u64; W], by: usize) -> [u64; W] {
    let mut carried = 0;
    for word in &mut set {
        let whole = *word;
        *word = whole << by | carried;
        carried = whole >> (WORD - by);
    }
    set
}

#[inline(always)]
fn is_empty<const W: usize>(set: [u64; W]) -> bool {
    set.iter().fold(0, |all, word| all | word) == 0
}

/// What one position of the automaton reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// This byte.
    Byte(u8),
    /// Any byte.
    Any,
    /// One of the bytes in these ranges, or where negated one of all others.
    Class {
        /// Whether it reads the bytes out of the ranges.
        negated: bool,
        /// The ranges, both ends included.
        ranges: Box<[(u8, u8)]>,
    },
}

impl Item {
    fn accepts(&self, byte: u8) -> bool {
        match self {
            Item::Byte(own) => *own == byte,
            Item::Any => true,
            Item::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&byte)) != *negated
            }
        }
    }
}

/// A set of positions, one bit each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Positions([u64; WORDS]);

impl Positions {
    /// The set of one position.
    pub fn single(position: usize) -> Self {
        let mut set = Positions::default();
        if let Some(word) = set.0.get_mut(position / WORD) {
            *word |= 1 << (position % WORD);
        }
        set
    }

    /// The set of the positions that are true.
    fn of(are_in: impl Iterator<Item = bool>) -> Self {
        let mut set = Positions::default();
        are_in.enumerate().filter(|(_, is_in)| *is_in).for_each(|(at, _)| set.add_all(&Positions::single(at)));
        set
    }

    fn words<const W: usize>(&self) -> [u64; W] {
        self.0.first_chunk().copied().unwrap_or([0; W])
    }

    /// Whether a position is in the set.
    #[inline]
    pub fn contains(&self, position: usize) -> bool {
        self.0.get(position / WORD).is_some_and(|word| word >> (position % WORD) & 1 == 1)
    }

    /// The last position, 0 where there is none.
    pub fn last(&self) -> usize {
        self.0
            .iter()
            .enumerate()
            .rev()
            .find_map(|(at, word)| Some(at * WORD + word.checked_ilog2()? as usize))
            .unwrap_or(0)
    }

    /// Adds all positions of another set.
    pub fn add_all(&mut self, other: &Positions) {
        for (own, other) in self.0.iter_mut().zip(other.0) {
            *own |= other;
        }
    }

    /// The positions, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        (0..MAX_POSITIONS).filter(|position| self.contains(*position))
    }
}
